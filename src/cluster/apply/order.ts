import type { Resource } from '../../manifests/world.ts';

/**
 * Kinds in the order in which they are applied; what is not named comes where `other` stands. Nothing may be applied
 * before what it needs: a pod is refused without its ServiceAccount; a pod that starts before its policies would take
 * calls that they forbid; a route must not name a subset that no DestinationRule has yet (the proxy answers 503).
 */
const kindOrder = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'StorageClass',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'ResourceQuota',
  'LimitRange',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'NetworkPolicy',
  'PeerAuthentication',
  'RequestAuthentication',
  'AuthorizationPolicy',
  'Sidecar',
  'Telemetry',
  'other',
  'Service',
  'ServiceEntry',
  'WorkloadEntry',
  'PodDisruptionBudget',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Pod',
  'Job',
  'CronJob',
  'HorizontalPodAutoscaler',
  'DestinationRule',
  'VirtualService',
  'EnvoyFilter',
  'Gateway',
] as const;

/** What a resource is for, as far as it matters when it may be applied. */
export type ApplyStage =
  /** Namespaces, accounts, policies, addresses, budgets. */
  | 'foundation'
  | 'workloads'
  /** What sends requests to workloads, which must be ready by then. */
  | 'routing';

const ranks = new Map<string, number>(kindOrder.map((kind, rank) => [kind, rank]));
const rankOf = (kind: string): number => ranks.get(kind) ?? ranks.get('other') ?? 0;
const firstWorkload = rankOf('Deployment');
const firstRoute = rankOf('DestinationRule');

/** Resources in the order in which they may be applied; those of one kind stay as they were given. */
export function applyOrder<R extends Pick<Resource, 'kind'>>(resources: readonly R[]): R[] {
  return resources.toSorted((a, b) => rankOf(a.kind) - rankOf(b.kind));
}

/** Resources in the order in which they may be taken away: routes before what they name. */
export function removeOrder<R extends Pick<Resource, 'kind'>>(resources: readonly R[]): R[] {
  return applyOrder(resources).toReversed();
}

/** The stage of a kind: between `workloads` and `routing` is where readiness is waited for. */
export function stageOf({ kind }: Pick<Resource, 'kind'>): ApplyStage {
  const rank = rankOf(kind);
  if (rank >= firstRoute) return 'routing';
  return rank >= firstWorkload ? 'workloads' : 'foundation';
}
