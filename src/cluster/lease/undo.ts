import { asRecord, isRecord } from '../../manifests/fields.ts';
import type { KubeObject, ObjectRef } from '../kube/objects.ts';

/** How one object is put back. */
export interface UndoEntry {
  apiVersion: string;
  kind: string;
  name: string;
  /** The object as it stood, see {@link asItStood}; null when it was not there. */
  before: KubeObject | null;
}

/** What is to be done with an object so that it is as it was. */
export type UndoStep =
  | { type: 'nothing' }
  | { type: 'remove' }
  | { type: 'create'; body: KubeObject }
  /** `body` carries the version of the object that it replaces. */
  | { type: 'replace'; body: KubeObject };

/** Metadata that the API server gives, or that tells of a moment. */
const serversOwn = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
];

/** What of an object someone wrote: without its status, and without what the API server keeps in its metadata. */
export function asItStood(live: KubeObject): KubeObject {
  const { status: _, ...rest } = live;
  const metadata = Object.fromEntries(
    Object.entries(live.metadata).filter(([key]) => !serversOwn.includes(key)),
  );
  return { ...rest, metadata } as KubeObject;
}

/** A JSON value with the keys of its objects in order: equal values are equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    isRecord(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** Whether two objects say the same, as far as someone wrote it. */
export function sameState(a: KubeObject, b: KubeObject): boolean {
  return canonicalJson(asItStood(a)) === canonicalJson(asItStood(b));
}

/** Whether two objects ask for the same: equal specs (or data). What labels say about an owner changes nothing. */
export function sameSpec(a: KubeObject, b: KubeObject): boolean {
  const spec = (object: KubeObject): string => {
    const { metadata: _, ...rest } = asItStood(object);
    return canonicalJson(rest);
  };
  return spec(a) === spec(b);
}

/** The step that puts an object back, from how it stands now. An object that is on its way out counts as not there. */
export function undoStep({ before }: UndoEntry, live: KubeObject | undefined): UndoStep {
  const leaving = live !== undefined && 'deletionTimestamp' in asRecord(live.metadata);
  if (before === null) {
    return live === undefined || leaving ? { type: 'nothing' } : { type: 'remove' };
  }
  if (live === undefined) return { type: 'create', body: before };
  if (sameState(before, live)) return { type: 'nothing' };
  const { resourceVersion } = live.metadata;
  const metadata = {
    ...before.metadata,
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  return { type: 'replace', body: { ...before, metadata } };
}

/** What names the object of an entry. */
export function refOf(entry: UndoEntry, namespace: string): ObjectRef {
  const { apiVersion, kind, name } = entry;
  return { apiVersion, kind, metadata: { name, namespace } };
}

/** One object's identity in its namespace, whatever the version of its API. */
export function keyOf({ apiVersion, kind, name }: Omit<UndoEntry, 'before'>): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return `${group}/${kind}/${name}`;
}
