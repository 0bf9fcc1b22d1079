import { WindtunnelError } from '../../errors.ts';
import { asNumber, asRecord, asString, isRecord } from '../../manifests/fields.ts';
import { leaseBoundsMs } from '../../target/lease-bounds.ts';
import type { KubeObject } from '../kube/objects.ts';
import { managedByLabel, managedByUs, ownerLabel, ownerValue } from '../labels.ts';
import type { UndoEntry } from './undo.ts';

/** Whether what an owner applied stands, or is being taken away: from then on nobody can extend its lease. */
export type LeaseState = 'held' | 'reverting';

/** What an owner changed in one namespace, and how it is undone: the content of a Lease object. */
export interface LeaseRecord {
  owner: string;
  namespace: string;
  state: LeaseState;
  /** In whole seconds; undefined: it stays until someone reverts it. */
  leaseSeconds: number | undefined;
  entries: UndoEntry[];
}

/** A {@link LeaseRecord} as it was read, with what a change of it needs. */
export interface HeldLease extends LeaseRecord {
  uid: string;
  resourceVersion: string;
}

/** API version and kind of the objects that hold the records. */
export const leaseKind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' } as const;

/** Selects the records among other Leases of ours. */
export const leaseSelector = `${managedByLabel}=${managedByUs},${ownerLabel}`;

/** Where the record keeps how to undo: the entries as JSON. */
export const undoAnnotation = 'windtunnel.dev/undo';
/** Where it keeps its {@link LeaseState}. */
export const stateAnnotation = 'windtunnel.dev/state';

/** What the API server takes of annotations, keys and values together (256 KiB), less some room for others' annotations. */
const undoBytesMost = 262_144 - 4096;

/** Name of the Lease object of an owner. */
export function leaseName(owner: string): string {
  return `windtunnel-${ownerValue(owner)}`;
}

/** The whole seconds, bounded as on every target, that a lease of `leaseMs` lasts at least. */
export function leaseSecondsOf(leaseMs: number): number {
  const boundedMs = Math.min(Math.max(leaseMs, leaseBoundsMs.shortest), leaseBoundsMs.longest);
  return Math.ceil(boundedMs / 1000);
}

/** A moment as a Lease's `renewTime` has it: RFC 3339 with six digits after the second. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** The Lease object of a record. Throws `unsupported` when what is to be undone doesn't fit into an annotation. */
export function leaseObject(record: LeaseRecord, nowMs: number, held?: HeldLease): KubeObject {
  const { owner, namespace, state, leaseSeconds, entries } = record;
  const undo = JSON.stringify(entries);
  const bytes = Buffer.byteLength(undo);
  if (bytes > undoBytesMost) {
    throw new WindtunnelError(
      'unsupported',
      `${owner}: how to undo ${entries.length} changes takes ${bytes} bytes; an annotation holds ${undoBytesMost}`,
      { next: 'Change fewer or smaller objects at a time.' },
    );
  }
  return {
    ...leaseKind,
    metadata: {
      name: leaseName(owner),
      namespace,
      labels: { [managedByLabel]: managedByUs, [ownerLabel]: ownerValue(owner) },
      annotations: { [stateAnnotation]: state, [undoAnnotation]: undo },
      ...(held && { resourceVersion: held.resourceVersion, uid: held.uid }),
    },
    spec: {
      holderIdentity: owner,
      renewTime: microTime(nowMs),
      ...(leaseSeconds !== undefined && { leaseDurationSeconds: leaseSeconds }),
    },
  };
}

/** Reads a Lease object; undefined for a Lease that is none of ours, or that someone has edited beyond recognition. */
export function readLease(object: KubeObject): HeldLease | undefined {
  const { annotations = {}, namespace = '', uid = '', resourceVersion = '' } = object.metadata;
  const spec = asRecord(object.spec);
  const owner = asString(spec.holderIdentity);
  const entries = readEntries(annotations[undoAnnotation]);
  if (owner === undefined || entries === undefined) return undefined;
  return {
    owner,
    namespace,
    state: annotations[stateAnnotation] === 'reverting' ? 'reverting' : 'held',
    leaseSeconds: asNumber(spec.leaseDurationSeconds),
    entries,
    uid,
    resourceVersion,
  };
}

function readEntries(text: string | undefined): UndoEntry[] | undefined {
  if (text === undefined) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(read)) return undefined;
  const isEntry = (item: unknown): item is UndoEntry =>
    isRecord(item) &&
    [item.apiVersion, item.kind, item.name].every((field) => typeof field === 'string') &&
    (item.before === null || isRecord(item.before));
  return read.every(isEntry) ? read : undefined;
}
