import { WindtunnelError } from '../../errors.ts';
import { asRecord, asString } from '../../manifests/fields.ts';
import type { Step } from '../../progress.ts';
import { lastLines, type Tools } from '../tools/tool.ts';
import { inspectImage } from './inspect.ts';

const loadTimeoutMs = 600_000;

/** Loads images that are in Docker into the node of a kind cluster, those that it does not have by their id; resolves to their names. */
export async function loadImages(
  tools: Tools,
  cluster: { name: string; node: string },
  names: readonly string[],
  step: Step,
): Promise<string[]> {
  const missing: string[] = [];
  const states = names.map(async (name) => {
    const [here, there] = await Promise.all([
      inspectImage(tools, name),
      nodeImageId(tools, cluster.node, name),
    ]);
    if (here !== undefined && here.id !== there) missing.push(name);
  });
  await Promise.all(states);
  if (missing.length === 0) return [];
  step.update(`loading ${missing.join(', ')}`);
  const args = ['load', 'docker-image', '--name', cluster.name, ...missing.sort()];
  const done = await tools.run('kind', args, { timeoutMs: loadTimeoutMs });
  if (done.status === 0) return missing;
  throw new WindtunnelError(
    'start-failed',
    `${missing.join(', ')} could not be loaded into the cluster '${cluster.name}': ${lastLines(done.stderr.trim())}`,
    { next: 'Is the disk full? docker system df' },
  );
}

/** The id by which the node's container runtime knows an image; undefined when it has none of that name. */
async function nodeImageId(tools: Tools, node: string, name: string): Promise<string | undefined> {
  const { status, stdout } = await tools.run('docker', ['exec', node, 'crictl', 'inspecti', name]);
  if (status !== 0) return undefined;
  try {
    return asString(asRecord(asRecord(JSON.parse(stdout)).status).id);
  } catch {
    return undefined;
  }
}
