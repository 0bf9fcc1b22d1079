import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { compareText } from '../../compare-text.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError } from '../kube/errors.ts';
import { managedByLabel, managedByUs, sidecarContainer } from '../labels.ts';
import { isRolledOut, podState, refusal } from './readiness.ts';

/** One pod of the system, or of what Windtunnel runs beside it. */
export interface PodStatus {
  namespace: string;
  pod: string;
  /** `ready`, or why it is not. */
  state: string;
  ready: boolean;
  /** Of its Envoy: `ready`, `not ready`, or `none`. */
  sidecar: 'ready' | 'not ready' | 'none';
  restarts: number;
  startedAt: string | null;
}

/** A cluster as `windtunnel status` shows it. */
export interface ClusterStatus {
  context: string;
  /** Where requests from outside come in. */
  entry: string | null;
  pods: PodStatus[];
  /** Deployments that are not as they should be, with the reason. */
  problems: string[];
}

/** Reads the pods and Deployments of all that Windtunnel manages. Throws `unreachable` when the cluster does not answer. */
export async function clusterStatus(kube: Kube, entry: string | null): Promise<ClusterStatus> {
  const labelSelector = `${managedByLabel}=${managedByUs}`;
  const [deployments, pods] = await Promise.all([
    kube.apps.listDeploymentForAllNamespaces({ labelSelector }),
    kube.core.listPodForAllNamespaces(),
  ]).catch((thrown: unknown) => {
    throw kubeError(thrown, `the cluster of context '${kube.context}'`);
  });
  const problems = deployments.items
    .filter((deployment) => !isRolledOut(deployment))
    .map((deployment) => {
      const { namespace, name } = deployment.metadata ?? {};
      const { availableReplicas = 0 } = deployment.status ?? {};
      const wanted = deployment.spec?.replicas ?? 1;
      const count =
        availableReplicas < wanted
          ? `${availableReplicas} of ${wanted} pods ready`
          : 'its newest version is not rolled out; the one before still serves';
      return `${name}.${namespace}: ${refusal(deployment) ?? count}`;
    });
  if (deployments.items.length === 0) problems.push('nothing that windtunnel manages is there');
  const isOurs = (pod: V1Pod): boolean =>
    pod.metadata?.labels?.[managedByLabel] === managedByUs ||
    deployments.items.some((deployment) => isPodOf(deployment, pod));
  const all = pods.items.filter(isOurs).map(podStatus);
  return {
    context: kube.context,
    entry,
    pods: all.sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.pod, b.pod)),
    problems,
  };
}

function isPodOf({ metadata, spec }: V1Deployment, pod: V1Pod): boolean {
  const labels = Object.entries(spec?.selector.matchLabels ?? {});
  return (
    metadata?.namespace === pod.metadata?.namespace &&
    labels.length > 0 &&
    labels.every(([key, value]) => pod.metadata?.labels?.[key] === value)
  );
}

/** What there is to say of a pod. */
export function podStatus(pod: V1Pod): PodStatus {
  const state = podState(pod);
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const containers = [...initContainerStatuses, ...containerStatuses];
  const sidecar = containers.find(({ name }) => name === sidecarContainer);
  const started = pod.status?.startTime;
  return {
    namespace: pod.metadata?.namespace ?? '',
    pod: pod.metadata?.name ?? '',
    state: 'reason' in state ? state.reason : state.type,
    ready: state.type === 'ready',
    sidecar: sidecar === undefined ? 'none' : sidecar.ready ? 'ready' : 'not ready',
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    startedAt: started === undefined ? null : new Date(started).toISOString(),
  };
}
