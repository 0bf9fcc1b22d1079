import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { stuckBy } from '../kube/stuck.ts';
import { sidecarContainer } from '../labels.ts';
import { readPod } from '../target/pods.ts';
import { loadContainer } from './job.ts';

/** How far the pod of a load Job is. */
export type LoadPodState =
  | { state: 'ready'; pod: string }
  | { state: 'waiting'; for: string }
  /** It never will be ready; `why` may be a reason of `next`. */
  | { state: 'failed'; why: string; next: string };

/** Reads how far it is; `refusals` are the messages of warnings about the Job: why no pod could be made. */
export function loadPodState(
  namespace: string,
  pod: V1Pod | undefined,
  refusals: readonly string[],
): LoadPodState {
  if (pod === undefined) return refused(namespace, refusals);
  const { sidecar, name } = readPod(pod);
  const { status } = pod;
  if (!sidecar) {
    return {
      state: 'failed',
      why: 'it has no sidecar: Istio did not inject one',
      next: `kubectl label namespace ${namespace} istio-injection=enabled --overwrite`,
    };
  }
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') {
    const why = status.message ?? status.reason ?? `it has ended (${status.phase})`;
    return { state: 'failed', why, next: describe(namespace, name) };
  }
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const stuck = all.flatMap((one) => stuckReason(namespace, name, one))[0];
  if (stuck !== undefined) return stuck;
  const load = all.find((one) => one.name === loadContainer);
  const proxy = all.find((one) => one.name === sidecarContainer);
  if (load?.state?.running !== undefined && proxy?.ready === true)
    return { state: 'ready', pod: name };
  return { state: 'waiting', for: waitingFor(pod, load, proxy) };
}

function describe(namespace: string, pod: string): string {
  return `kubectl -n ${namespace} describe pod ${pod}`;
}

/** The Job controller tries again what was refused, so this is told when there is no more time. */
function refused(namespace: string, refusals: readonly string[]): LoadPodState {
  const why = refusals.at(-1);
  if (why === undefined) return { state: 'waiting', for: 'the Job to make its pod' };
  if (/violates PodSecurity/.test(why)) {
    const next = `Allow the pods that Istio injects: use its CNI plugin, or another pod security level for namespace ${namespace}.`;
    return { state: 'failed', why, next };
  }
  if (/exceeded quota/.test(why)) {
    return { state: 'failed', why, next: `kubectl -n ${namespace} describe resourcequota` };
  }
  return { state: 'failed', why, next: `kubectl -n ${namespace} get events` };
}

function stuckReason(
  namespace: string,
  pod: string,
  { name, image, state }: V1ContainerStatus,
): LoadPodState[] {
  const { reason = '', message = reason } = state?.waiting ?? {};
  const stuck = stuckBy(reason);
  if (stuck === undefined) return [];
  if (stuck === 'image') {
    const next =
      name === loadContainer
        ? 'windtunnel up --target kind (or current) brings the image; on another cluster push it to where its nodes pull from.'
        : describe(namespace, pod);
    return [{ state: 'failed', why: `the node lacks the image ${image}: ${message}`, next }];
  }
  return [{ state: 'failed', why: `${name}: ${message}`, next: describe(namespace, pod) }];
}

function waitingFor(
  { status }: V1Pod,
  load: V1ContainerStatus | undefined,
  proxy: V1ContainerStatus | undefined,
): string {
  const unscheduled = status?.conditions?.find(
    (condition) => condition.type === 'PodScheduled' && condition.status === 'False',
  );
  if (unscheduled !== undefined) return `a node: ${unscheduled.message ?? 'none takes it'}`;
  if (proxy?.state?.running === undefined) return 'its sidecar to start';
  return proxy.ready
    ? `its container: ${load?.state?.waiting?.reason ?? 'starting'}`
    : 'its sidecar to be ready';
}
