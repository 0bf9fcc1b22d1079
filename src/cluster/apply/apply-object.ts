import type { Resource } from '../../manifests/world.ts';
import type { KubeObject, Objects } from '../kube/objects.ts';
import { managedByLabel, managedByUs, ownerLabel, ownerValue } from '../labels.ts';
import { type Adopted, adoptFields } from './adopt-fields.ts';
import { isOurs } from './ownership.ts';

/** What was done with one object. `unchanged`: the API server kept its resourceVersion. */
export type ApplyAction = 'created' | 'configured' | 'unchanged' | 'deleted';

/** What was done with one resource. */
export interface AppliedResource {
  /** `KIND NAMESPACE/NAME`, or `KIND NAME` without a namespace. */
  resource: string;
  action: ApplyAction;
}

/** A manifest as it is sent: in its namespace, with the labels that say whose it is. */
export function labelled(resource: Resource, owner: string): KubeObject {
  const { apiVersion, kind } = resource;
  const { name, namespace, labels } = resource.metadata;
  const { managedFields: _, ...metadata } = (resource.body.metadata ??
    {}) as KubeObject['metadata'];
  return {
    ...resource.body,
    apiVersion,
    kind,
    metadata: {
      ...metadata,
      name,
      ...(namespace !== '' && { namespace }),
      labels: { ...labels, [managedByLabel]: managedByUs, [ownerLabel]: ownerValue(owner) },
    },
  };
}

/**
 * Applies one object over `live`, which is as it was just read. Fields that others set are taken over where the object
 * says that it is ours. When all are adopted, they are taken over anyway, and only from the object as it was read.
 * Rejects with an `ApiError`; 409 when someone else manages a field, or was quicker.
 */
export async function applyObject(
  objects: Objects,
  body: KubeObject,
  live: KubeObject | undefined,
  adopted: Adopted,
): Promise<{ action: ApplyAction; applied: KubeObject }> {
  if (live === undefined) {
    return { action: 'created', applied: await objects.apply(body, { force: true }) };
  }
  const { resourceVersion } = live.metadata;
  const alone = adopted === 'all';
  const managedFields = adoptFields(live.metadata.managedFields ?? [], live.apiVersion, adopted);
  let version = resourceVersion;
  if (managedFields !== undefined) {
    const patched = await objects.patch(live, [
      // Only on the object as it was read: otherwise another's change in between would be lost.
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path: '/metadata/managedFields', value: managedFields },
    ]);
    version = patched.metadata.resourceVersion;
  }
  const metadata = alone ? { ...body.metadata, resourceVersion: version } : body.metadata;
  const applied = await objects.apply({ ...body, metadata }, { force: alone || isOurs(live) });
  const same = applied.metadata.resourceVersion === resourceVersion;
  return { action: same ? 'unchanged' : 'configured', applied };
}
