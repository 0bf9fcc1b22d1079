import { asRecord, asRecords, asString, asStringMap } from '../../manifests/fields.ts';
import type { Tools } from '../tools/tool.ts';

/** What Docker knows of an image. */
export interface DockerImage {
  id: string;
  sizeBytes: number;
  labels: Record<string, string>;
  /** Digests under which registries have it, as `sha256:…`; none of an image that was built here. */
  digests: string[];
}

/** Asks Docker for an image by name; undefined when it has none of that name. */
export async function inspectImage(tools: Tools, name: string): Promise<DockerImage | undefined> {
  const { status, stdout } = await tools.run('docker', ['image', 'inspect', name]);
  if (status !== 0) return undefined;
  const [image] = asRecords(JSON.parse(stdout));
  if (image === undefined) return undefined;
  const digests: unknown[] = Array.isArray(image.RepoDigests) ? image.RepoDigests : [];
  return {
    id: asString(image.Id) ?? '',
    sizeBytes: Number(image.Size),
    labels: asStringMap(asRecord(image.Config).Labels),
    digests: digests
      .map((one) => asString(one)?.split('@')[1])
      .filter((digest) => digest !== undefined),
  };
}
