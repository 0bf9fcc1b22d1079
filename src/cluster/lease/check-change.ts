import { WindtunnelError } from '../../errors.ts';
import { asNumber, asRecord } from '../../manifests/fields.ts';
import type { Resource } from '../../manifests/world.ts';
import type { Objects } from '../kube/objects.ts';
import { isReverted } from '../reaper/kinds.ts';
import { reaperPlace } from '../reaper/place.ts';

/** Throws `unsupported` for what lies where nobody looks after leases. */
export function checkPlaces(resources: readonly Resource[], namespaces: readonly string[]): void {
  const outside = resources.find(({ metadata }) => !namespaces.includes(metadata.namespace));
  if (outside === undefined) return;
  const { kind, metadata } = outside;
  const where = metadata.namespace === '' ? 'no namespace' : `namespace ${metadata.namespace}`;
  throw new WindtunnelError(
    'unsupported',
    `${kind} ${metadata.name} is in ${where}: what is undone by itself must be in ${namespaces.join(', ')}`,
    {
      next: 'Put it there, or apply it for good, and delete it, by yourself: kubectl apply -f FILE',
    },
  );
}

/** A lease is a promise that the reaper keeps when this process can't: throws when it could not. */
export async function checkLease(objects: Objects, resources: readonly Resource[]): Promise<void> {
  checkKinds(resources);
  await checkReaper(objects);
}

function checkKinds(resources: readonly Resource[]): void {
  const other = resources.find((resource) => !isReverted(resource));
  if (other === undefined) return;
  throw new WindtunnelError(
    'unsupported',
    `the reaper may not put back a ${other.kind} of ${other.apiVersion}, so it can't be changed for a while`,
    {
      next: 'Add the kind to src/cluster/reaper/kinds.ts, then npm run synth and apply addons/reaper.yaml.',
    },
  );
}

/** Without the reaper, what a killed process has changed would stay. */
async function checkReaper(objects: Objects): Promise<void> {
  const { name, namespace } = reaperPlace;
  const metadata = { name, namespace };
  const deployment = await objects.read({ apiVersion: 'apps/v1', kind: 'Deployment', metadata });
  if ((asNumber(asRecord(deployment?.status).availableReplicas) ?? 0) > 0) return;
  const state = deployment === undefined ? 'is not there' : 'is not ready';
  throw new WindtunnelError(
    'preflight',
    `the reaper (${namespace}/${name}) ${state}: if this process were killed, what it changes would stay`,
    { next: 'windtunnel up --target kind, or kubectl apply -f addons/reaper.yaml' },
  );
}
