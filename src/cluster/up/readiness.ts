import type { V1ContainerStatus, V1Deployment, V1Pod } from '@kubernetes/client-node';
import { stuckBy } from '../kube/stuck.ts';

/** How a pod stands. */
export type PodState =
  | { type: 'ready' }
  /** It may still become ready by itself. */
  | { type: 'waiting'; reason: string }
  /** It will not become ready unless someone mends what the reason names. */
  | { type: 'failing'; reason: string; container?: string }
  /** It is being deleted. */
  | { type: 'ending' };

/** Judges a pod by what the API server says of it. */
export function podState(pod: V1Pod): PodState {
  const { metadata, spec, status } = pod;
  if (metadata?.deletionTimestamp !== undefined) return { type: 'ending' };
  if (status?.phase === 'Succeeded') return { type: 'ready' };
  const condition = (type: string) => status?.conditions?.find((one) => one.type === type);
  if (condition('Ready')?.status === 'True') return { type: 'ready' };
  const scheduled = condition('PodScheduled');
  if (scheduled?.status === 'False') {
    // A cluster that grows by itself may bring a node.
    return {
      type: 'waiting',
      reason: `no node takes it: ${scheduled.message ?? scheduled.reason}`,
    };
  }
  const containers = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ];
  const states = containers.map(containerState).filter((state) => state !== undefined);
  const failing = states.find(({ type }) => type === 'failing');
  const [first] = states;
  if (failing ?? first) return failing ?? first ?? { type: 'ready' };
  if (containers.length === 0) {
    return {
      type: 'waiting',
      reason: spec?.nodeName ? 'it is being started' : 'it waits for a node',
    };
  }
  return {
    type: 'waiting',
    reason: condition('Ready')?.message ?? 'its probe does not answer yet',
  };
}

/** What keeps a container from running; undefined for one that runs or has done its work. */
function containerState(container: V1ContainerStatus): PodState | undefined {
  const { name, image, state, lastState, restartCount } = container;
  const waiting = state?.waiting;
  const ended = state?.terminated ?? lastState?.terminated;
  const stuck = stuckBy(waiting?.reason);
  if (stuck === 'image') {
    const reason = `the image ${image} cannot be pulled: ${waiting?.message ?? waiting?.reason}`;
    return { type: 'failing', reason };
  }
  if (stuck === 'start') {
    return {
      type: 'failing',
      reason: `${name} cannot be started: ${waiting?.message ?? waiting?.reason}`,
    };
  }
  const crashed = stuck === 'crash' || (state?.terminated?.exitCode ?? 0) !== 0;
  if (crashed && ended !== undefined) {
    const how = ended.reason === 'OOMKilled' ? 'used more memory than its limit' : 'ended';
    const reason = `${name} ${how} with exit code ${ended.exitCode}, ${restartCount} restarts`;
    return { type: 'failing', reason, container: name };
  }
  if (waiting !== undefined && waiting.reason !== 'PodInitializing') {
    return { type: 'waiting', reason: `${name}: ${waiting.message ?? waiting.reason}` };
  }
  if (state?.running !== undefined && !container.ready) {
    return { type: 'waiting', reason: `${name} runs, and is not ready yet` };
  }
  return undefined;
}

/** Whether a Deployment's newest pods all serve, and no older one is left; as `kubectl rollout status` judges it. */
export function isRolledOut({ metadata, spec, status }: V1Deployment): boolean {
  const wanted = spec?.replicas ?? 1;
  return (
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    (status?.updatedReplicas ?? 0) >= wanted &&
    (status?.replicas ?? 0) <= wanted &&
    (status?.availableReplicas ?? 0) >= wanted
  );
}

/** Why a Deployment has no pods at all, e.g. because the namespace's pod security refuses them. */
export function refusal({ status }: V1Deployment): string | undefined {
  const failed = status?.conditions?.find(
    ({ type, status: holds }) => type === 'ReplicaFailure' && holds === 'True',
  );
  return failed?.message ?? failed?.reason;
}
