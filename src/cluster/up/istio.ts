import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import type { Step } from '../../progress.ts';
import type { Kube } from '../kube/client.ts';
import { statusOf } from '../kube/errors.ts';
import { managedByLabel, managedByUs } from '../labels.ts';
import { plainLine } from '../tools/kind.ts';
import { mergeOperators } from './operator.ts';
import { lastLines, type ToolResult, type Tools } from '../tools/tool.ts';

/** Namespace of Istio itself. */
export const istioNamespace = 'istio-system';

const installTimeoutMs = 600_000;
const record = 'windtunnel-istio';

/** What Istio is installed from. */
export interface IstioWish {
  /** One IstioOperator, as `istioctl install -f` takes it. */
  operator: string;
  /** Images that it names by ISTIO_HUB and ISTIO_TAG; none when they are istioctl's own. */
  images: string[];
}

/**
 * Reads `istio/install.yaml`, and the file that ISTIO_VALUES names over it; ISTIO_HUB and ISTIO_TAG say where the images come
 * from. Throws `io` or `bad-manifest`.
 */
export async function readIstioWish(
  projectDir: string,
  env: Record<string, string | undefined>,
): Promise<IstioWish> {
  const { ISTIO_VALUES: values, ISTIO_HUB: hub, ISTIO_TAG: tag } = env;
  const paths = [join(projectDir, 'istio', 'install.yaml'), ...(values ? [values] : [])];
  const files = await Promise.all(
    paths.map(async (name) => ({ name, text: await readFile(name, 'utf8') })),
  ).catch((cause: Error) => {
    throw new WindtunnelError('io', `Istio's configuration cannot be read: ${cause.message}`, {
      cause,
      next: 'Check what ISTIO_VALUES names.',
    });
  });
  const spec = { ...(hub ? { hub } : {}), ...(tag ? { tag } : {}) };
  const images =
    hub && tag ? ['pilot', 'proxyv2', 'install-cni'].map((name) => `${hub}/${name}:${tag}`) : [];
  return { operator: mergeOperators(files, { spec }), images };
}

/** What {@link installIstio} needs. */
export interface InstallIstioOptions {
  tools: Tools;
  kube: Kube;
  kubeconfig: string;
  wish: IstioWish;
  /** Of istioctl: another one installs something else. */
  version: string;
  step: Step;
}

/**
 * `istioctl install`, unless the cluster has just that and it is ready. What was installed is kept as a digest in a ConfigMap.
 * Resolves to what was done.
 */
export async function installIstio(
  options: InstallIstioOptions,
): Promise<'installed' | 'unchanged'> {
  const { kube, wish, version } = options;
  const digest = createHash('sha256').update(`${version}\0${wish.operator}`).digest('hex');
  if ((await recorded(kube)) === digest && (await isIstioReady(kube))) return 'unchanged';
  await runInstall(options);
  await writeRecord(kube, digest);
  return 'installed';
}

async function runInstall({ tools, kubeconfig, wish, step }: InstallIstioOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'windtunnel-istio-'));
  try {
    const [config, operator] = [join(folder, 'kubeconfig'), join(folder, 'install.yaml')];
    await writeFile(config, kubeconfig, { mode: 0o600 });
    await writeFile(operator, wish.operator);
    const done = await tools.run('istioctl', ['install', '--skip-confirmation', '-f', operator], {
      env: { KUBECONFIG: config },
      timeoutMs: installTimeoutMs,
      onLine: (line) => {
        // Between the steps stand its own log, and a sailing boat.
        const text = plainLine(line);
        if (/^[A-Z][a-z].{8}/.test(text)) step.update(text.slice(0, 80));
      },
    });
    if (done.status !== 0) throw installError(done);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function installError({ stderr, stdout }: ToolResult): WindtunnelError {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => /error|fail|✘/i.test(line));
  const message = `istioctl install: ${lastLines(lines.join('\n') || stderr.trim())}`;
  return new WindtunnelError('start-failed', message, {
    next: `kubectl --namespace ${istioNamespace} get pods shows what is not ready; then run the command again: it goes on from here`,
  });
}

async function recorded(kube: Kube): Promise<string | undefined> {
  try {
    const found = await kube.core.readNamespacedConfigMap({
      namespace: istioNamespace,
      name: record,
    });
    return found.data?.digest;
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined;
    throw thrown;
  }
}

async function writeRecord(kube: Kube, digest: string): Promise<void> {
  const body = {
    metadata: { name: record, labels: { [managedByLabel]: managedByUs } },
    data: { digest },
  };
  const where = { namespace: istioNamespace, name: record };
  try {
    await kube.core.replaceNamespacedConfigMap({ ...where, body });
  } catch (thrown) {
    if (statusOf(thrown) !== 404) throw thrown;
    await kube.core.createNamespacedConfigMap({ namespace: istioNamespace, body });
  }
}

/** Whether istiod, the gateways and Istio's CNI run, as many as are wanted. */
async function isIstioReady(kube: Kube): Promise<boolean> {
  const [deployments, daemons] = await Promise.all([
    kube.apps.listNamespacedDeployment({ namespace: istioNamespace }),
    kube.apps.listNamespacedDaemonSet({ namespace: istioNamespace }),
  ]);
  return (
    deployments.items.length > 0 &&
    deployments.items.every(
      ({ spec, status }) => (status?.availableReplicas ?? 0) >= (spec?.replicas ?? 1),
    ) &&
    daemons.items.every(
      ({ status }) => (status?.numberReady ?? 0) >= (status?.desiredNumberScheduled ?? 0),
    )
  );
}
