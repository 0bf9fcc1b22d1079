import { WindtunnelError } from '../../errors.ts';
import { asRecord, asString } from '../../manifests/fields.ts';
import type { Progress, Step } from '../../progress.ts';
import { lastLines, type Tools } from '../tools/tool.ts';
import { inspectImage } from './inspect.ts';

const loadTimeoutMs = 600_000;

/** What {@link loadImages} needs. */
export interface LoadOptions {
  tools: Tools;
  cluster: { name: string; node: string };
  /** May have names twice. */
  names: readonly string[];
  progress: Progress;
}

/** Loads images that are in Docker into the node of a kind cluster, those that it does not have by their id. */
export async function loadImages(options: LoadOptions): Promise<void> {
  await options.progress.step('images in the cluster', async (step) => {
    step.update('comparing');
    const loaded = await loadMissing(options, step);
    step.update(loaded.length === 0 ? 'unchanged' : `loaded ${loaded.join(', ')}`);
  });
}

async function loadMissing({ tools, cluster, names }: LoadOptions, step: Step): Promise<string[]> {
  const missing: string[] = [];
  const states = [...new Set(names)].map(async (name) => {
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
