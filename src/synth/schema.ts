import { asRecord } from '../manifests/fields.ts';
import type { Resource } from '../manifests/world.ts';
import { parseDurationNanos } from '../translate/values/duration.ts';

/** The model of one kind: from `kubernetes-models`, or from `@kubernetes-models/istio` (Istio's CRDs). */
type Model = new (data: never) => { validate(): void };

/** Kinds that synth writes, and where their schema comes from; loaded when first needed. */
const models: Readonly<Record<string, () => Promise<Model>>> = {
  'v1 ConfigMap': async () => (await import('kubernetes-models/v1/ConfigMap')).ConfigMap,
  'v1 Namespace': async () => (await import('kubernetes-models/v1/Namespace')).Namespace,
  'v1 Service': async () => (await import('kubernetes-models/v1/Service')).Service,
  'v1 ServiceAccount': async () =>
    (await import('kubernetes-models/v1/ServiceAccount')).ServiceAccount,
  'apps/v1 Deployment': async () =>
    (await import('kubernetes-models/apps/v1/Deployment')).Deployment,
  'policy/v1 PodDisruptionBudget': async () =>
    (await import('kubernetes-models/policy/v1/PodDisruptionBudget')).PodDisruptionBudget,
  'rbac.authorization.k8s.io/v1 ClusterRole': async () =>
    (await import('kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole')).ClusterRole,
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': async () =>
    (await import('kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding'))
      .ClusterRoleBinding,
  'rbac.authorization.k8s.io/v1 Role': async () =>
    (await import('kubernetes-models/rbac.authorization.k8s.io/v1/Role')).Role,
  'rbac.authorization.k8s.io/v1 RoleBinding': async () =>
    (await import('kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding')).RoleBinding,
  'networking.k8s.io/v1 NetworkPolicy': async () =>
    (await import('kubernetes-models/networking.k8s.io/v1/NetworkPolicy')).NetworkPolicy,
  'networking.istio.io/v1 VirtualService': async () =>
    (await import('@kubernetes-models/istio/networking.istio.io/v1/VirtualService')).VirtualService,
  'networking.istio.io/v1 DestinationRule': async () =>
    (await import('@kubernetes-models/istio/networking.istio.io/v1/DestinationRule'))
      .DestinationRule,
  'networking.istio.io/v1 Gateway': async () =>
    (await import('@kubernetes-models/istio/networking.istio.io/v1/Gateway')).Gateway,
  'networking.istio.io/v1 Sidecar': async () =>
    (await import('@kubernetes-models/istio/networking.istio.io/v1/Sidecar')).Sidecar,
  'security.istio.io/v1 AuthorizationPolicy': async () =>
    (await import('@kubernetes-models/istio/security.istio.io/v1/AuthorizationPolicy'))
      .AuthorizationPolicy,
  'security.istio.io/v1 PeerAuthentication': async () =>
    (await import('@kubernetes-models/istio/security.istio.io/v1/PeerAuthentication'))
      .PeerAuthentication,
};

/** Fields of Istio's kinds that hold a duration; their schema takes any string. */
const durationFields = new Set([
  'baseEjectionTime',
  'budgetInterval',
  'connectTimeout',
  'fixedDelay',
  'http1IdleTimeout',
  'idleTimeout',
  'interval',
  'maxConnectionDuration',
  'perTryTimeout',
  'timeout',
  'warmupDurationSecs',
]);

/**
 * What the schema of its kind, and the format of durations, have against a resource; empty when nothing.
 * A kind without a schema here is a problem, too. Unknown fields are not seen: `charts/synth.int.test.ts` finds those in ours.
 */
export async function schemaProblems(resource: Resource): Promise<string[]> {
  const key = `${resource.apiVersion} ${resource.kind}`;
  const load = models[key];
  if (load === undefined) return [`no schema is known for ${key}`];
  const Kind = await load();
  const problems = resource.apiVersion.includes('istio.io')
    ? durationProblems(asRecord(resource.body.spec), 'spec')
    : [];
  try {
    new Kind(resource.body as never).validate();
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  return problems;
}

function durationProblems(value: unknown, path: string): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => durationProblems(item, `${path}[${index}]`));
  }
  return Object.entries(asRecord(value)).flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    if (typeof field !== 'string') return durationProblems(field, at);
    if (!durationFields.has(name) || parseDurationNanos(field) !== undefined) return [];
    return [`${at}: '${field}' is no duration, e.g. 250ms or 1.5s`];
  });
}
