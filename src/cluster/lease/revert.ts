import { WindtunnelError } from '../../errors.ts';
import { kubeError, statusOf } from '../kube/errors.ts';
import type { KubeObject, Objects } from '../kube/objects.ts';
import { removeOrder } from '../apply/order.ts';
import { type HeldLease, leaseKind, leaseName, leaseObject, readLease } from './record.ts';
import { refOf, sameSpec, type UndoEntry, undoStep } from './undo.ts';

/** What became of one object. */
export interface Undone {
  entry: UndoEntry;
  action: 'created' | 'configured' | 'unchanged' | 'deleted';
  /** As it stands now; undefined when it was taken away, or left as it was. */
  now?: KubeObject;
  /** Whether what it asks of the mesh differs from before this step. */
  matters: boolean;
}

const tries = 6;
const conflict = 409;

/** Reads the lease of an owner; undefined when there is none. */
export async function findLease(
  objects: Objects,
  owner: string,
  namespace: string,
): Promise<HeldLease | undefined> {
  const metadata = { name: leaseName(owner), namespace };
  const found = await objects.read({ ...leaseKind, metadata });
  return found === undefined ? undefined : readLease(found);
}

/**
 * Marks a lease as being reverted: whoever held it can't extend it any more. Undefined when it was extended, or taken
 * away, since it was read: the version it was read with is the condition.
 */
export async function claimLease(
  objects: Objects,
  lease: HeldLease,
  nowMs: number,
): Promise<HeldLease | undefined> {
  if (lease.state === 'reverting') return lease;
  try {
    const body = leaseObject({ ...lease, state: 'reverting' }, nowMs, lease);
    return readLease(await objects.replace(body));
  } catch (thrown) {
    const status = statusOf(thrown);
    if (status === conflict || status === 404) return undefined;
    throw thrown;
  }
}

/**
 * Puts back all that a claimed lease lists, routes before what they name, then deletes the lease. Several may do it at
 * once, and one may go on where another was killed: each step is conditional on the object as it was read, and is taken
 * only while the lease is there, so a step that comes late can't touch what a later lease of the owner has applied.
 * One object that fails doesn't keep the others: the lease then stays, and the first failure is thrown at the end.
 */
export async function revertClaimed(objects: Objects, lease: HeldLease): Promise<Undone[]> {
  const done: Undone[] = [];
  const failures: unknown[] = [];
  for (const entry of removeOrder(lease.entries)) {
    try {
      done.push(await undo(objects, lease, entry));
    } catch (thrown) {
      const name = `${entry.kind} ${lease.namespace}/${entry.name}`;
      failures.push(kubeError(thrown, `${name} cannot be put back for ${lease.owner}`));
    }
  }
  if (failures.length > 0) throw failures[0];
  await removeLease(objects, lease);
  return done;
}

/** Deletes a lease, if it still is the one that was read. */
export async function removeLease(objects: Objects, lease: HeldLease): Promise<void> {
  const metadata = { name: leaseName(lease.owner), namespace: lease.namespace };
  try {
    await objects.remove({ ...leaseKind, metadata }, { uid: lease.uid });
  } catch (thrown) {
    // Another lease has its name by now.
    if (statusOf(thrown) !== conflict) throw thrown;
  }
}

async function undo(objects: Objects, lease: HeldLease, entry: UndoEntry): Promise<Undone> {
  const ref = refOf(entry, lease.namespace);
  for (let attempt = 1; attempt <= tries; attempt++) {
    const live = await objects.read(ref);
    const step = undoStep(entry, live);
    if (step.type === 'nothing') return { entry, action: 'unchanged', matters: false };
    // After the object was read: what a later lease applies changes the object's version, and the step fails.
    const current = await findLease(objects, lease.owner, lease.namespace);
    if (current?.uid !== lease.uid) return { entry, action: 'unchanged', matters: false };
    try {
      if (step.type === 'remove') {
        const { uid, resourceVersion } = live?.metadata ?? {};
        await objects.remove(ref, { uid, resourceVersion });
        return { entry, action: 'deleted', matters: true };
      }
      if (step.type === 'create') {
        return { entry, action: 'created', now: await objects.create(step.body), matters: true };
      }
      const now = await objects.replace(step.body);
      const matters = live === undefined || !sameSpec(live, now);
      return { entry, action: 'configured', now, matters };
    } catch (thrown) {
      // Someone was quicker: look again.
      if (statusOf(thrown) !== conflict && statusOf(thrown) !== 404) throw thrown;
    }
  }
  throw new WindtunnelError(
    'timeout',
    `${entry.kind} ${lease.namespace}/${entry.name} changes again and again: gave up after ${tries} tries`,
    {
      next: `See who changes it: kubectl get ${entry.kind} ${entry.name} -n ${lease.namespace} -o yaml --show-managed-fields`,
    },
  );
}
