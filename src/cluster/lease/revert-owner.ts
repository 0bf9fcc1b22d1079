import { WindtunnelError } from '../../errors.ts';
import type { LeaseContext } from './record-undo.ts';
import { claimLease, findLease, revertClaimed, type Undone } from './revert.ts';

/** What became of one object, and where it lies. */
export type UndoneAt = Undone & { namespace: string };

const tries = 6;

/**
 * Reverts the leases of an owner in all namespaces, whoever renews them meanwhile; `reverting`: only those that someone
 * has begun to revert. Nothing to do is success.
 */
export async function revertOwner(
  context: LeaseContext,
  owner: string,
  which: 'any' | 'reverting',
): Promise<UndoneAt[]> {
  const undone: UndoneAt[] = [];
  for (const namespace of context.namespaces) {
    const done = await revertIn(context, owner, namespace, which);
    undone.push(...done.map((one) => ({ ...one, namespace })));
  }
  return undone;
}

async function revertIn(
  { objects, nowMs }: LeaseContext,
  owner: string,
  namespace: string,
  which: 'any' | 'reverting',
): Promise<Undone[]> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const lease = await findLease(objects, owner, namespace);
    if (lease === undefined || (which === 'reverting' && lease.state === 'held')) return [];
    const claimed = await claimLease(objects, lease, nowMs());
    if (claimed !== undefined) return revertClaimed(objects, claimed);
  }
  throw new WindtunnelError(
    'timeout',
    `the lease of ${owner} changes again and again: something that still runs holds it`,
    { next: `End the run of ${owner}, then try again.` },
  );
}
