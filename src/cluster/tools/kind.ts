import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { WindtunnelError } from '../../errors.ts';
import { asNumber, asRecord, asRecords } from '../../manifests/fields.ts';
import type { Step } from '../../progress.ts';
import { madeByKey, madeByUp } from '../labels.ts';
import { createTools, lastLines, type Tools } from './tool.ts';

/** NodePort of the ingress gateway, as `istio/install.yaml` and `kind-config.yaml` have it. */
export const ingressNodePort = 30_080;

const createTimeoutMs = 600_000;
const apiWaitSeconds = 180;
const deleteTimeoutMs = 120_000;

/** A kind cluster as Docker shows it. */
export interface KindCluster {
  name: string;
  /** Container of the control-plane node. */
  node: string;
  running: boolean;
  /** Port of 127.0.0.1 that leads to the ingress gateway; undefined when its configuration maps none. */
  port: number | undefined;
  /** Whether `windtunnel up` made it. */
  ours: boolean;
}

/** Looks for the kind cluster of that name; undefined when there is none. */
export async function findKindCluster(
  tools: Tools,
  name: string,
): Promise<KindCluster | undefined> {
  const labels = [`io.x-k8s.kind.cluster=${name}`, 'io.x-k8s.kind.role=control-plane'];
  const filters = labels.flatMap((label) => ['--filter', `label=${label}`]);
  const ids = await tools.output('docker', ['ps', '--all', '--quiet', ...filters]);
  const [id] = ids.trim().split('\n');
  if (id === undefined || id === '') return undefined;
  const [inspected] = asRecords(JSON.parse(await tools.output('docker', ['inspect', id])));
  const node = String(inspected?.Name ?? id).replace(/^\//, '');
  const bindings = asRecord(asRecord(inspected?.HostConfig).PortBindings);
  const [binding] = asRecords(bindings[`${ingressNodePort}/tcp`]);
  return {
    name,
    node,
    running: asRecord(inspected?.State).Running === true,
    port: binding === undefined ? undefined : Number(binding.HostPort),
    ours: await isMarked(tools, node),
  };
}

/** The label is in what kind wrote for kubeadm, which `docker cp` reads from a stopped node, too. */
async function isMarked(tools: Tools, node: string): Promise<boolean> {
  const { stdout } = await tools.run('docker', ['cp', `${node}:/kind/kubeadm.conf`, '-']);
  return stdout.includes(`${madeByKey}=${madeByUp}`);
}

/** What `kind-config.yaml` says, for a cluster of this name and host port; marked as ours. */
export function kindConfig(text: string, name: string, port: number | undefined): string {
  const document = parseDocument(text);
  document.set('name', name);
  document.setIn(['nodes', 0, 'labels'], { [madeByKey]: madeByUp });
  if (port !== undefined) document.setIn(['nodes', 0, 'extraPortMappings', 0, 'hostPort'], port);
  return document.toString();
}

/** Name and host port of `kind-config.yaml`. Throws `bad-manifest` when it does not map the ingress gateway's NodePort. */
export function kindDefaults(text: string): { name: string; port: number } {
  const config = asRecord(parseDocument(text).toJS());
  const [node] = asRecords(config.nodes);
  const [mapping] = asRecords(node?.extraPortMappings);
  const port = asNumber(mapping?.hostPort);
  if (mapping?.containerPort !== ingressNodePort || port === undefined) {
    throw new WindtunnelError(
      'bad-manifest',
      `kind-config.yaml does not map a host port to ${ingressNodePort} first`,
      { next: 'Restore the first entry of extraPortMappings: git checkout kind-config.yaml' },
    );
  }
  return { name: typeof config.name === 'string' ? config.name : 'kind', port };
}

/** The text of the project's `kind-config.yaml`. */
export function readKindConfig(projectDir: string): Promise<string> {
  return readFile(join(projectDir, 'kind-config.yaml'), 'utf8');
}

/** Name of a kind cluster: the one that was given, or kind-config.yaml's; and the option that names it, empty for the latter. */
export async function kindName(
  projectDir: string,
  given: string | undefined,
): Promise<{ name: string; option: string }> {
  const defaults = kindDefaults(await readKindConfig(projectDir));
  const name = given ?? defaults.name;
  return { name, option: name === defaults.name ? '' : ` --cluster ${name}` };
}

/** What {@link createKindCluster} needs. */
export interface CreateKindOptions {
  tools: Tools;
  name: string;
  /** As {@link kindConfig} makes it. */
  config: string;
  env: Record<string, string | undefined>;
  step: Step;
  note(text: string): void;
}

/**
 * `kind create cluster`. When it fails or is interrupted, what it made is deleted again, and that is said: half a cluster
 * helps nobody, and stands in the way of the next try.
 */
export async function createKindCluster(options: CreateKindOptions): Promise<void> {
  const { tools, name, config, env, step, note } = options;
  const image = env.KIND_NODE_IMAGE;
  const args = [
    'create',
    'cluster',
    '--name',
    name,
    '--config',
    '-',
    '--wait',
    `${apiWaitSeconds}s`,
  ];
  if (image) args.push('--image', image);
  try {
    const done = await tools.run('kind', args, {
      input: config,
      timeoutMs: createTimeoutMs,
      onLine: (line) => step.update(plainLine(line)),
    });
    if (done.status === 0) return;
    if (done.stderr.includes('node(s) already exist')) throw existing(name);
    throw new WindtunnelError('start-failed', `kind create cluster: ${createReason(done.stderr)}`, {
      next: createAdvice(done.stderr),
    });
  } catch (thrown) {
    // Another's: kind made nothing, and this must not take it away.
    if (WindtunnelError.from(thrown).code === 'not-ours') throw thrown;
    // Ctrl-C has ended the signal of `tools`; the clean-up has time of its own.
    const cleaner = createTools(env, AbortSignal.timeout(deleteTimeoutMs));
    const gone = await deleteKindCluster(cleaner, name).then(
      () => true,
      () => false,
    );
    note(
      gone
        ? `  the half-made cluster '${name}' was deleted again`
        : `  the half-made cluster '${name}' is left: kind delete cluster --name ${name}`,
    );
    throw thrown;
  }
}

/** Docker did not show it, as when another one made it meanwhile, or kind runs on another provider. */
function existing(name: string): WindtunnelError {
  return new WindtunnelError('not-ours', `kind has a cluster '${name}' that Docker does not show`, {
    next: 'Use another name (--cluster NAME); KIND_EXPERIMENTAL_PROVIDER must be docker, or not set.',
  });
}

/** A line of kind's progress without its signs: ` ✓ Preparing nodes 📦 ` is `Preparing nodes`. */
export function plainLine(line: string): string {
  return line.replaceAll(/[^\p{L}\p{N}\p{P}\s]/gu, '').replace(/^[\s•.]+|[\s.]+$/gu, '');
}

/** kind's own error, without the output of the programs that it ran. */
function createReason(stderr: string): string {
  const error = stderr.split('\n').find((line) => line.startsWith('ERROR:'));
  return error?.slice('ERROR:'.length).trim() ?? lastLines(stderr.trim());
}

function createAdvice(stderr: string): string {
  if (/pull|registry|manifest unknown|no such host/i.test(stderr)) {
    return 'The node image could not be pulled: check the network, or name one that is here by KIND_NODE_IMAGE.';
  }
  if (/too many open files/i.test(stderr)) {
    return 'sudo sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288';
  }
  return 'kind create cluster --retain --name try, then kind export logs --name try, shows why.';
}

/** Starts the node of a cluster that was stopped, e.g. by a restart of the machine. */
export async function startKindCluster(tools: Tools, { node }: KindCluster): Promise<void> {
  await tools.output('docker', ['start', node]);
}

/** `kind delete cluster`; one that is not there is success. */
export async function deleteKindCluster(tools: Tools, name: string): Promise<void> {
  await tools.output('kind', ['delete', 'cluster', '--name', name], { timeoutMs: deleteTimeoutMs });
}

/** The kubeconfig of a kind cluster, whatever the user's current context is. Throws `not-running` when there is no such cluster. */
export async function kindKubeconfig(tools: Tools, name: string): Promise<string> {
  const { status, stdout, stderr } = await tools.run('kind', ['get', 'kubeconfig', '--name', name]);
  if (status === 0) return stdout;
  const stopped = stderr.includes('is not running');
  const state = stopped
    ? `the kind cluster '${name}' is stopped`
    : `there is no kind cluster '${name}'`;
  throw new WindtunnelError('not-running', state, {
    cause: new Error(lastLines(stderr.trim())),
    next: `windtunnel up --target kind --cluster ${name}`,
  });
}
