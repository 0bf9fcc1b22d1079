import { asRecord } from '../../manifests/fields.ts';
import type { ManagedFields } from '../kube/objects.ts';
import { fieldManager, managedByLabel } from '../labels.ts';

/**
 * Whose fields are taken over. Server-side apply takes a field away only when nobody else manages it, so a field that is
 * gone from the manifest would stay for ever where kubectl had applied it before.
 */
export type Adopted =
  /** Ours, and those that `kubectl apply`, with or without `--server-side`, set from a manifest of ours: one with our label. */
  | 'manifests'
  /** Everyone's: what is applied then stands alone, as if it had replaced the object. */
  | 'all';

const lastApplied = 'f:kubectl.kubernetes.io/last-applied-configuration';

/**
 * The `managedFields` of an object with the adopted managers' fields as if we had applied them; undefined when there is
 * nothing to adopt. What controllers wrote through a subresource (status, scale) stays theirs. The annotation that
 * `kubectl apply` compares with is nobody's then, so it stays, and a later `kubectl apply` works as before.
 */
export function adoptFields(
  entries: readonly ManagedFields[],
  apiVersion: string,
  adopted: Adopted,
): ManagedFields[] | undefined {
  const isApplied = (entry: ManagedFields): boolean =>
    entry.manager === fieldManager && entry.operation === 'Apply' && !entry.subresource;
  const isAdopted = (entry: ManagedFields): boolean =>
    !isApplied(entry) && !entry.subresource && (adopted === 'all' || isOfManifests(entry));
  const taken = entries.filter(isAdopted);
  if (taken.length === 0) return undefined;
  const own = entries.filter(isApplied);
  const fieldsV1 = withoutLastApplied(
    [...own, ...taken].map((entry) => asRecord(entry.fieldsV1)).reduce(union, {}),
  );
  const rest = entries.filter((entry) => !isApplied(entry) && !isAdopted(entry));
  const time = (own[0] ?? taken[0])?.time;
  const applied: ManagedFields = {
    manager: fieldManager,
    operation: 'Apply',
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1,
  };
  return [applied, ...rest];
}

function isOfManifests({ manager, operation, fieldsV1 }: ManagedFields): boolean {
  if (manager === fieldManager) return true;
  const isKubectl =
    manager === 'kubectl-client-side-apply' || (manager === 'kubectl' && operation === 'Apply');
  const labels = asRecord(asRecord(asRecord(fieldsV1)['f:metadata'])['f:labels']);
  // Without it, the user made the object for some other purpose, say the namespace: what they set stays.
  return isKubectl && `f:${managedByLabel}` in labels;
}

function union(a: Record<string, unknown>, b: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...a };
  for (const [key, value] of Object.entries(b)) {
    merged[key] = key in a ? union(asRecord(a[key]), asRecord(value)) : value;
  }
  return merged;
}

function withoutLastApplied(fields: Record<string, unknown>): Record<string, unknown> {
  const metadata = asRecord(fields['f:metadata']);
  if (!(lastApplied in asRecord(metadata['f:annotations']))) return fields;
  const { [lastApplied]: _, ...annotations } = asRecord(metadata['f:annotations']);
  // To manage the map itself would mean to take it away when it isn't applied.
  const { '.': _map, ...others } = annotations;
  const { 'f:annotations': _all, ...kept } = metadata;
  const left = Object.keys(others).length === 0 ? kept : { ...kept, 'f:annotations': others };
  return { ...fields, 'f:metadata': left };
}
