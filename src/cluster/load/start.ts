import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { WindtunnelError } from '../../errors.ts';
import type { AgentLink } from '../../load/agent/link.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError, statusOf } from '../kube/errors.ts';
import { type ExecEnd, startExec } from '../kube/exec.ts';
import { loadContainer, loadJob } from './job.ts';
import { type LoadPodState, loadPodState } from './pod-state.ts';

/** What {@link startLoad} needs. */
export interface StartLoadOptions {
  kube: Kube;
  namespace: string;
  /** Name of the Deployment or StatefulSet whose requests they are. */
  caller: string;
  /** With the load agent in it. */
  image: string;
  /** Hears what is being waited for. */
  tell(text: string): void;
  signal?: AbortSignal;
}

const startTimeoutMs = 90_000;
/** What was refused once may be taken the next time: the sidecar injector restarts, a quota is freed. */
const refusalPatienceMs = 5000;
const pollMs = 250;
const goneTimeoutMs = 10_000;
/** Of the agent; it hears a ping every third of that. */
const silenceSeconds = 60;
const agentCommand = [
  'node',
  'src/load/agent/main.ts',
  '--keeper',
  '1',
  '--silence-s',
  String(silenceSeconds),
];

/**
 * Starts the load agent in a pod of its own, which is a replica of `caller` to the mesh: see `loadJob`. The pod ends with the
 * agent, and the agent with this process, however that ends. Rejects with `start-failed` and why the pod does not run,
 * `unknown-reference` when there is no such caller, and as `kubeError`; nothing is left then.
 */
export async function startLoad(options: StartLoadOptions): Promise<AgentLink> {
  const { kube, namespace, caller, image, tell, signal } = options;
  const name = `windtunnel-load-${caller.slice(0, 36)}-${randomBytes(4).toString('hex')}`;
  const doing = `the load pod of ${caller}`;
  try {
    signal?.throwIfAborted();
    const template = await templateOf(kube, namespace, caller);
    const body = loadJob({ name, namespace, caller, image, template });
    await kube.batch.createNamespacedJob({ namespace, body });
  } catch (thrown) {
    throw kubeError(thrown, `creating ${doing}`);
  }
  try {
    const pod = await untilReady(options, name);
    tell(`${doing}: starting the agent`);
    const container = { namespace, pod, container: loadContainer };
    const session = await startExec(kube, container, agentCommand);
    return {
      where: `${image} in pod ${namespace}/${pod}`,
      input: session.stream,
      output: session.stream,
      pingMs: (silenceSeconds * 1000) / 3,
      ended: session.ended.then(howEnded),
      async close() {
        session.stream.end();
        await removeJob(kube, namespace, name);
        session.close();
      },
    };
  } catch (thrown) {
    await removeJob(kube, namespace, name);
    throw kubeError(thrown, `starting ${doing}`);
  }
}

function howEnded({ exitCode, problem, stderr }: ExecEnd): string {
  const how = problem ?? `exit ${exitCode}`;
  return stderr === '' ? how : `${how}: ${stderr.trim()}`;
}

async function templateOf(
  { apps }: Kube,
  namespace: string,
  name: string,
): Promise<V1PodTemplateSpec> {
  try {
    const { spec } = await apps.readNamespacedDeployment({ namespace, name });
    return spec?.template ?? {};
  } catch (thrown) {
    if (statusOf(thrown) !== 404) throw thrown;
    const { spec } = await apps.readNamespacedStatefulSet({ namespace, name });
    return spec?.template ?? {};
  }
}

/** Resolves to the name of the pod when agent and sidecar can do their work. */
async function untilReady(options: StartLoadOptions, job: string): Promise<string> {
  const { kube, namespace, caller, tell, signal } = options;
  const startMs = performance.now();
  let seen: LoadPodState = { state: 'waiting', for: 'the Job to make its pod' };
  for (;;) {
    signal?.throwIfAborted();
    seen = await look(kube, namespace, job);
    if (seen.state === 'ready') return seen.pod;
    const elapsedMs = performance.now() - startMs;
    const atOnce = seen.state === 'failed' && elapsedMs > refusalPatienceMs;
    if (atOnce || elapsedMs > startTimeoutMs) throw notReady(namespace, caller, job, seen);
    tell(`the load pod of ${caller} waits for ${seen.state === 'waiting' ? seen.for : seen.why}`);
    await sleep(pollMs, undefined, { signal });
  }
}

async function look(kube: Kube, namespace: string, job: string): Promise<LoadPodState> {
  const labelSelector = `batch.kubernetes.io/job-name=${job}`;
  const { items } = await kube.core.listNamespacedPod({ namespace, labelSelector });
  const [pod] = items;
  if (pod !== undefined) return loadPodState(namespace, pod, []);
  const fieldSelector = `involvedObject.kind=Job,involvedObject.name=${job},type=Warning`;
  const events = await kube.core.listNamespacedEvent({ namespace, fieldSelector });
  return loadPodState(
    namespace,
    undefined,
    events.items.flatMap(({ message }) => (message === undefined ? [] : [message])),
  );
}

function notReady(
  namespace: string,
  caller: string,
  job: string,
  seen: Exclude<LoadPodState, { state: 'ready' }>,
): WindtunnelError {
  const [why, next] =
    seen.state === 'failed'
      ? [seen.why, seen.next]
      : [
          `after ${startTimeoutMs / 1000} s it still waits for ${seen.for}`,
          `kubectl -n ${namespace} describe pod -l job-name=${job}`,
        ];
  const message = `the load pod of ${caller} does not run: ${why}`;
  return new WindtunnelError('start-failed', message, { next });
}

/** Deletes it, and waits a moment for its pod to be gone: the next run must not count what it did. What cannot be deleted ends by itself. */
async function removeJob(kube: Kube, namespace: string, name: string): Promise<void> {
  const endMs = performance.now() + goneTimeoutMs;
  try {
    await kube.batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Background' });
  } catch (thrown) {
    // The agent may have ended first, and the Job with it.
    if (statusOf(thrown) !== 404) return;
  }
  const labelSelector = `batch.kubernetes.io/job-name=${name}`;
  while (performance.now() < endMs) {
    try {
      const { items } = await kube.core.listNamespacedPod({ namespace, labelSelector });
      if (items.length === 0) return;
    } catch {
      return;
    }
    await sleep(pollMs);
  }
}
