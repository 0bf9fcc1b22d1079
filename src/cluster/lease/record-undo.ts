import { WindtunnelError } from '../../errors.ts';
import type { Resource } from '../../manifests/world.ts';
import type { Checked } from '../apply/check-live.ts';
import { statusOf } from '../kube/errors.ts';
import type { Objects } from '../kube/objects.ts';
import { type HeldLease, leaseKind, leaseObject, leaseSelector, readLease } from './record.ts';
import { findLease, removeLease } from './revert.ts';
import { asItStood, keyOf, type UndoEntry } from './undo.ts';

/** What all operations on leases share. */
export interface LeaseContext {
  objects: Objects;
  namespaces: readonly string[];
  nowMs: () => number;
}

/** The lease of one namespace, with what this time added to it. */
export interface Recorded {
  lease: HeldLease;
  /** Whether it was made this time: nothing of the owner's stood before. */
  fresh: boolean;
  added: UndoEntry[];
}

const tries = 6;

/** Who holds an object. */
export type Holders = (namespace: string, key: string) => string | undefined;

/** The name of a resource in its namespace, as leases list it. */
export function resourceKey({ apiVersion, kind, metadata }: Resource): string {
  return keyOf({ apiVersion, kind, name: metadata.name });
}

/** Reads who else than `owner` holds which object. */
export async function holdersBeside(context: LeaseContext, owner: string): Promise<Holders> {
  const held = new Map<string, string>();
  for (const lease of await allLeases(context)) {
    if (lease.owner === owner) continue;
    for (const entry of lease.entries) held.set(`${lease.namespace} ${keyOf(entry)}`, lease.owner);
  }
  return (namespace, key) => held.get(`${namespace} ${key}`);
}

/** Every lease of the namespaces. */
export async function allLeases({ objects, namespaces }: LeaseContext): Promise<HeldLease[]> {
  const found = await Promise.all(
    namespaces.map((namespace) => objects.list(leaseKind, namespace, leaseSelector)),
  );
  return found.flat().flatMap((one) => readLease(one) ?? []);
}

/**
 * Writes down how to undo what is about to be changed. What an earlier time of the same owner wrote down stays: the first
 * state is the one to go back to. Throws `not-ours` when another owner wrote down one of the objects at the same moment.
 */
export async function recordUndo(
  context: LeaseContext,
  owner: string,
  checked: readonly Checked[],
  leaseSeconds: number | undefined,
): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  try {
    for (const namespace of new Set(checked.map(({ resource }) => resource.metadata.namespace))) {
      const inside = checked.filter(({ resource }) => resource.metadata.namespace === namespace);
      recorded.push(await recordIn(context, { owner, namespace, leaseSeconds }, inside));
    }
    // Two owners who wrote at the same moment both see it here, before either has changed anything.
    const holder = await holdersBeside(context, owner);
    for (const { lease, added } of recorded) {
      for (const entry of added) {
        const other = holder(lease.namespace, keyOf(entry));
        if (other !== undefined) throw heldError(entry, lease.namespace, other);
      }
    }
  } catch (thrown) {
    await withdraw(context, recorded);
    throw thrown;
  }
  return recorded;
}

function heldError({ kind, name }: UndoEntry, namespace: string, other: string): WindtunnelError {
  return new WindtunnelError(
    'not-ours',
    `${kind} ${namespace}/${name} is changed by ${other} at this moment: nothing was changed`,
    {
      next: 'Wait until it has ended, or: windtunnel experiment revert --all --target kind (or current)',
    },
  );
}

async function recordIn(
  { objects, nowMs }: LeaseContext,
  want: Pick<HeldLease, 'owner' | 'namespace' | 'leaseSeconds'>,
  checked: readonly Checked[],
): Promise<Recorded> {
  const { owner, namespace } = want;
  for (let attempt = 1; attempt <= tries; attempt++) {
    const known = await findLease(objects, owner, namespace);
    if (known?.state === 'reverting') {
      throw new WindtunnelError(
        'timeout',
        `what ${owner} applied before is being reverted at this moment`,
        { next: 'Wait some seconds, then run the command again.' },
      );
    }
    const keys = new Set(known?.entries.map(keyOf));
    const added = checked
      .filter(({ resource }) => !keys.has(resourceKey(resource)))
      .map(({ resource, live }): UndoEntry => {
        const { apiVersion, kind, metadata } = resource;
        return { apiVersion, kind, name: metadata.name, before: live ? asItStood(live) : null };
      });
    const record = {
      ...want,
      leaseSeconds: want.leaseSeconds ?? known?.leaseSeconds,
      state: 'held' as const,
      entries: [...(known?.entries ?? []), ...added],
    };
    const body = leaseObject(record, nowMs(), known);
    try {
      const written = known ? await objects.replace(body) : await objects.create(body);
      const lease = readLease(written);
      if (lease !== undefined) return { lease, fresh: known === undefined, added };
    } catch (thrown) {
      // A renewal, or another's apply, was quicker.
      if (statusOf(thrown) !== 409) throw thrown;
    }
  }
  throw new WindtunnelError(
    'timeout',
    `the lease of ${owner} in namespace ${namespace} was changed by someone else, ${tries} times in a row`,
    { next: `See that nothing else runs for ${owner} at this moment, then run the command again.` },
  );
}

/** Takes back what was written down; nothing of it was applied. A failure is left to the lease's end. */
async function withdraw({ objects, nowMs }: LeaseContext, recorded: Recorded[]): Promise<void> {
  for (const { lease, fresh, added } of recorded) {
    const keys = new Set(added.map(keyOf));
    const entries = lease.entries.filter((entry) => !keys.has(keyOf(entry)));
    const undone = fresh
      ? removeLease(objects, lease)
      : objects.replace(leaseObject({ ...lease, entries }, nowMs(), lease));
    await undone.catch(() => {});
  }
}
