import { WindtunnelError } from '../../errors.ts';
import type { Step } from '../../progress.ts';
import { lastLines, toolError, type Tools } from '../tools/tool.ts';
import type { ImageContext, ImageSpec } from './context.ts';
import { type DockerImage, inspectImage } from './inspect.ts';
import { tarOf } from './tar.ts';

/** An image as Docker holds it. */
export interface BuiltImage {
  name: string;
  id: string;
  sizeBytes: number;
  /** False: it was there already, made of the same content. */
  built: boolean;
}

/** What both images are made from, as their Dockerfiles say. */
const baseImage = 'node:24-bookworm-slim';
/** Says what an image is made of: its context, and its base as it was here. */
const contentLabel = 'dev.windtunnel.content';
const buildTimeoutMs = 900_000;

/** Builds an image from its context, unless the one that is there is made of the same. */
export async function ensureImage(
  tools: Tools,
  spec: ImageSpec,
  context: ImageContext,
  step: Step,
): Promise<BuiltImage> {
  const [base, present] = await Promise.all([
    inspectImage(tools, baseImage),
    inspectImage(tools, spec.name),
  ]);
  const content = contentOf(context, base);
  if (present !== undefined && base !== undefined && present.labels[contentLabel] === content) {
    return { name: spec.name, id: present.id, sizeBytes: present.sizeBytes, built: false };
  }
  const archive = tarOf(context.content());
  step.update(`${spec.name}, ${(archive.length / 1e6).toFixed(0)} MB to Docker`);
  const label = (text: string): string[] => ['--label', `${contentLabel}=${text}`];
  const args = ['build', '--force-rm', '--tag', spec.name];
  if (base !== undefined) args.push(...label(content));
  const done = await tools.run('docker', [...args, '-'], {
    input: archive,
    timeoutMs: buildTimeoutMs,
    onLine: (line) => {
      const [, what] = /^(?:Step (.+)|#\d+ (\[.+))$/.exec(line) ?? [];
      if (what !== undefined) step.update(`${spec.name}: ${what.slice(0, 60)}`);
    },
  });
  if (done.status !== 0) throw buildError(spec, done.stderr, toolError('docker', args, done));
  const image = await inspectImage(tools, spec.name);
  if (image === undefined) throw toolError('docker', args, done);
  return { name: spec.name, id: image.id, sizeBytes: image.sizeBytes, built: true };
}

function contentOf(context: ImageContext, base: DockerImage | undefined): string {
  return `${context.digest}-${base?.id.replace('sha256:', '').slice(0, 12) ?? ''}`;
}

function buildError(spec: ImageSpec, stderr: string, error: WindtunnelError): WindtunnelError {
  const pulled = /pull access|no such host|connection refused|i\/o timeout|manifest|TLS|registry/i;
  const next = pulled.test(stderr)
    ? `${baseImage} cannot be pulled: check the network, or put an image of that name into Docker (docker load).`
    : `See ${spec.dockerfile}; docker's own words are above.`;
  const message = `the image ${spec.name} could not be built: ${lastLines(stderr.trim()) || error.message}`;
  return new WindtunnelError('start-failed', message, { next, cause: error });
}
