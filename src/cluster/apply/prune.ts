import { identityOf } from '../../manifests/build-world.ts';
import { nameOf } from '../../manifests/problems.ts';
import type { Resource } from '../../manifests/world.ts';
import { kubeError } from '../kube/errors.ts';
import { inParallel } from '../kube/in-parallel.ts';
import type { KubeObject, Objects } from '../kube/objects.ts';
import { managedByLabel, managedByUs, ownerLabel, ownerValue } from '../labels.ts';
import type { AppliedResource } from './apply-object.ts';
import { removeOrder } from './order.ts';
import { isOurs, ownerOf } from './ownership.ts';

/** Kinds of which leftovers are looked for: all that a chart of ours may hold, but nothing that holds data or others' objects. */
const prunedKinds: readonly { apiVersion: string; kind: string }[] = [
  ...['ConfigMap', 'Service', 'ServiceAccount'].map((kind) => ({ apiVersion: 'v1', kind })),
  ...['DaemonSet', 'Deployment', 'StatefulSet'].map((kind) => ({ apiVersion: 'apps/v1', kind })),
  ...['CronJob', 'Job'].map((kind) => ({ apiVersion: 'batch/v1', kind })),
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  ...['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'].map((kind) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
  })),
  ...['DestinationRule', 'Gateway', 'ServiceEntry', 'Sidecar', 'VirtualService'].map((kind) => ({
    apiVersion: 'networking.istio.io/v1',
    kind,
  })),
  { apiVersion: 'networking.istio.io/v1alpha3', kind: 'EnvoyFilter' },
  ...['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'].map((kind) => ({
    apiVersion: 'security.istio.io/v1',
    kind,
  })),
  { apiVersion: 'telemetry.istio.io/v1', kind: 'Telemetry' },
];

/** Deletes what carries `owner`'s label and is not among `wanted` (identities), routes before what they name. */
export async function prune(
  objects: Objects,
  owner: string,
  wanted: ReadonlySet<string>,
  onResource: (done: AppliedResource) => void,
): Promise<void> {
  const value = ownerValue(owner);
  const selector = `${managedByLabel}=${managedByUs},${ownerLabel}=${value}`;
  const found = await inParallel(prunedKinds, 8, (kind) =>
    objects.list(kind, undefined, selector),
  ).catch((thrown: unknown) => {
    throw kubeError(thrown, `cannot look for what ${owner} applied earlier`);
  });
  for (const live of removeOrder(found.flat())) {
    const resource = asNamed(live);
    // The selector says so already; a deletion is worth a second look.
    if (wanted.has(identityOf(resource)) || !isOurs(live) || ownerOf(live) !== value) continue;
    const { uid } = live.metadata;
    await objects.remove(live, { uid }).catch((thrown: unknown) => {
      throw kubeError(thrown, `${nameOf(resource)} cannot be deleted`);
    });
    onResource({ resource: nameOf(resource), action: 'deleted' });
  }
}

function asNamed({ apiVersion, kind, metadata }: KubeObject): Resource {
  const { name, namespace = '', labels = {}, annotations = {} } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, labels, annotations },
    body: {},
    source: { file: 'the cluster', line: 1 },
  };
}
