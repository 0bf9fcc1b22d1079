import { kubeError } from '../kube/errors.ts';
import type { Objects } from '../kube/objects.ts';
import { type HeldLease } from '../lease/record.ts';
import { allLeases, type LeaseContext } from '../lease/record-undo.ts';
import { claimLease, revertClaimed } from '../lease/revert.ts';
import { expired, sight, type Sightings } from './expired.ts';

/** What the reaper tells: one JSON line each. */
export type ReaperEvent =
  | { event: 'started'; namespaces: readonly string[] }
  | { event: 'reverted'; owner: string; namespace: string; changed: string[] }
  | { event: 'renewed in time'; owner: string; namespace: string }
  | { event: 'revert failed'; owner: string; namespace: string; reason: string; retryMs: number }
  | { event: 'cluster does not answer'; reason: string }
  | { event: 'cluster answers again' }
  | { event: 'stopped' };

/** What {@link createReaper} needs; clocks are arguments. */
export interface ReaperOptions {
  objects: Objects;
  namespaces: readonly string[];
  /** Only goes forward: what has run out is decided by it. */
  elapsedMs: () => number;
  /** Wall clock, written into a lease for people. */
  nowMs: () => number;
  tell: (event: ReaperEvent) => void;
}

/** Takes back what leases that ran out had changed. */
export interface Reaper {
  /** One look at all leases, and a bounded number of reverts. Never rejects: what fails is told, and tried again later. */
  round(): Promise<void>;
  /** Whether the cluster answered the last time. */
  answers(): boolean;
}

/** Leases reverted in one round; the rest waits for the next. */
const mostARound = 10;
const shortestRetryMs = 2000;
const longestRetryMs = 60_000;

/** Makes a {@link Reaper}. Any number of them may run at once. */
export function createReaper(options: ReaperOptions): Reaper {
  const { objects, namespaces, elapsedMs, tell } = options;
  const context: LeaseContext = { objects, namespaces, nowMs: options.nowMs };
  const failed = new Map<string, { againAtMs: number; waitMs: number }>();
  let sightings: Sightings = new Map();
  let state: 'new' | 'answers' | 'silent' = 'new';

  const look = async (): Promise<HeldLease[]> => {
    const leases = await allLeases(context);
    if (state === 'silent') tell({ event: 'cluster answers again' });
    state = 'answers';
    sightings = sight(sightings, leases, elapsedMs());
    for (const uid of failed.keys()) if (!sightings.has(uid)) failed.delete(uid);
    const isDue = ({ uid }: HeldLease): boolean => (failed.get(uid)?.againAtMs ?? 0) <= elapsedMs();
    return expired(sightings, leases, elapsedMs()).filter(isDue).slice(0, mostARound);
  };

  const take = async (lease: HeldLease): Promise<void> => {
    const { owner, namespace, uid } = lease;
    try {
      const claimed = await claimLease(objects, lease, options.nowMs());
      if (claimed === undefined) return tell({ event: 'renewed in time', owner, namespace });
      const undone = await revertClaimed(objects, claimed);
      const changed = undone
        .filter(({ action }) => action !== 'unchanged')
        .map(({ entry, action }) => `${entry.kind} ${entry.name} ${action}`);
      failed.delete(uid);
      tell({ event: 'reverted', owner, namespace, changed });
    } catch (thrown) {
      const waitMs = failed.get(uid)?.waitMs ?? shortestRetryMs;
      failed.set(uid, {
        againAtMs: elapsedMs() + waitMs,
        waitMs: Math.min(waitMs * 2, longestRetryMs),
      });
      const reason = kubeError(thrown, 'revert').message;
      tell({ event: 'revert failed', owner, namespace, reason, retryMs: waitMs });
    }
  };

  return {
    answers: () => state === 'answers',
    async round() {
      let due: HeldLease[];
      try {
        due = await look();
      } catch (thrown) {
        const reason = kubeError(thrown, 'cannot list leases').message;
        if (state !== 'silent') tell({ event: 'cluster does not answer', reason });
        state = 'silent';
        return;
      }
      for (const lease of due) await take(lease);
    },
  };
}
