import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { WindtunnelError } from '../../errors.ts';
import type { Step } from '../../progress.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError } from '../kube/errors.ts';
import { isRolledOut, type PodState, podState, refusal } from './readiness.ts';

/** What {@link waitReady} waits for. */
export interface WaitReadyOptions {
  kube: Kube;
  /** Deployments, by namespace. */
  deployments: ReadonlyMap<string, readonly string[]>;
  step: Step;
  signal: AbortSignal;
  /** @default 240000 */
  timeoutMs?: number;
  /** How long something that is failing may take to mend itself, e.g. a crash while what it needs is not there yet. @default 30000 */
  failingMs?: number;
}

/** One Deployment that is not ready, and why. */
export interface NotReady {
  deployment: string;
  reason: string;
  /** Whether it will stay so. */
  failing: boolean;
  /** The container whose log tells more. */
  crashed?: { namespace: string; pod: string; container: string };
}

const pollMs = 500;
const readLogLines = 30;
const shownLogLines = 6;

/**
 * Waits until every Deployment has rolled out. Throws `start-failed` when one is failing for longer than it may, or not
 * ready when the time is over, with the reason of each, and the last lines of the log of one that crashes.
 */
export async function waitReady(options: WaitReadyOptions): Promise<void> {
  const { step, signal, timeoutMs = 240_000, failingMs = 30_000 } = options;
  const total = [...options.deployments.values()].flat().length;
  const startMs = performance.now();
  const failingSinceMs = new Map<string, number>();
  for (;;) {
    signal.throwIfAborted();
    const missing = await notReady(options);
    if (missing.length === 0) return;
    const nowMs = performance.now();
    // Between two crashes a container runs for a while: that alone mends nothing.
    for (const name of failingSinceMs.keys()) {
      if (!missing.some(({ deployment }) => deployment === name)) failingSinceMs.delete(name);
    }
    for (const { deployment, failing } of missing) {
      if (failing && !failingSinceMs.has(deployment)) failingSinceMs.set(deployment, nowMs);
    }
    const [first] = missing.toSorted((a, b) => Number(b.failing) - Number(a.failing));
    const why = `${first?.deployment}: ${first?.reason}`.slice(0, 120);
    step.update(`${total - missing.length} of ${total}; ${why}`);
    const hopeless = missing.some(
      ({ deployment, failing }) =>
        failing && nowMs - (failingSinceMs.get(deployment) ?? nowMs) > failingMs,
    );
    if (hopeless || nowMs - startMs > timeoutMs) {
      throw await notReadyError(options.kube, missing, total);
    }
    await sleep(pollMs, undefined, { signal });
  }
}

/** The Deployments that are not ready now. Throws `unreachable` when the cluster does not answer. */
export async function notReady({
  kube,
  deployments,
}: Pick<WaitReadyOptions, 'kube' | 'deployments'>): Promise<NotReady[]> {
  const found = [...deployments].map(async ([namespace, names]) => {
    const [live, pods] = await Promise.all([
      kube.apps.listNamespacedDeployment({ namespace }),
      kube.core.listNamespacedPod({ namespace }),
    ]).catch((thrown: unknown) => {
      throw kubeError(thrown, `the pods of ${namespace} cannot be read`);
    });
    return names.flatMap((name): NotReady[] => {
      const deployment = live.items.find(({ metadata }) => metadata?.name === name);
      if (deployment === undefined) {
        return [{ deployment: name, reason: 'it is not there', failing: true }];
      }
      return isRolledOut(deployment) ? [] : [whyNot(name, deployment, pods.items)];
    });
  });
  return (await Promise.all(found)).flat();
}

function whyNot(name: string, deployment: V1Deployment, pods: V1Pod[]): NotReady {
  const refused = refusal(deployment);
  if (refused !== undefined) return { deployment: name, reason: refused, failing: true };
  const labels = Object.entries(deployment.spec?.selector.matchLabels ?? {});
  const own = pods
    .filter(({ metadata }) => labels.every(([key, value]) => metadata?.labels?.[key] === value))
    .map((pod) => ({ pod, state: podState(pod) }));
  const rank = (state: PodState): number =>
    ['failing', 'waiting', 'ending', 'ready'].indexOf(state.type);
  const [worst] = own.sort((a, b) => rank(a.state) - rank(b.state));
  if (worst === undefined) return { deployment: name, reason: 'it has no pod yet', failing: false };
  const { pod, state } = worst;
  if (state.type === 'ready' || state.type === 'ending') {
    return { deployment: name, reason: 'its former pods are ending', failing: false };
  }
  const notReadyPod = { deployment: name, reason: state.reason, failing: state.type === 'failing' };
  if (state.type === 'waiting' || state.container === undefined) return notReadyPod;
  const { namespace = '', name: podName = '' } = pod.metadata ?? {};
  return { ...notReadyPod, crashed: { namespace, pod: podName, container: state.container } };
}

async function notReadyError(
  kube: Kube,
  missing: NotReady[],
  total: number,
): Promise<WindtunnelError> {
  const lines = await Promise.all(
    missing.map(async ({ deployment, reason, crashed }) => {
      const log = crashed === undefined ? '' : await lastLog(kube, crashed);
      return `  ${deployment}: ${reason}${log}`;
    }),
  );
  const message = `${missing.length} of ${total} workloads are not ready:\n${lines.join('\n')}\n `;
  return new WindtunnelError('start-failed', message, {
    next: 'mend what is named above, then run the command again: it goes on from here',
  });
}

async function lastLog(kube: Kube, crashed: NonNullable<NotReady['crashed']>): Promise<string> {
  const { namespace, pod: name, container } = crashed;
  const query = { namespace, name, container, tailLines: readLogLines };
  const read = (previous: boolean): Promise<string> =>
    kube.core
      .readNamespacedPodLog({ ...query, previous })
      // The kubelet answers so, with success, when it has removed the container meanwhile.
      .then((log) => (log.startsWith('unable to retrieve container logs') ? '' : log))
      .catch(() => '');
  const text = (await read(true)) || (await read(false));
  return tellingLines(text)
    .map((line) => `\n      | ${line.slice(0, 300)}`)
    .join('');
}

/** The lines of a log that tell why it ended: from the last error on, else the last ones. */
export function tellingLines(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const error = lines.findLastIndex((line) => /^\S*error\b/i.test(line));
  return error < 0 ? lines.slice(-shownLogLines) : lines.slice(error, error + shownLogLines);
}
