import type { HeldLease } from '../lease/record.ts';

/** A version of a lease, and when it was first seen, by the reaper's own clock. */
interface Sighting {
  version: string;
  sinceMs: number;
}

/** What the reaper has seen of each lease, by uid. */
export type Sightings = ReadonlyMap<string, Sighting>;

/**
 * How long a lease that someone reverts is left to them: a revert takes a second or two. Doing it twice at once would do
 * no harm.
 */
export const revertGraceMs = 5000;

/** Brings sightings up to date: a lease that changed since the last look was seen now, one that is gone is forgotten. */
export function sight(known: Sightings, leases: readonly HeldLease[], nowMs: number): Sightings {
  return new Map(
    leases.map(({ uid, resourceVersion }) => {
      const before = known.get(uid);
      const same = before?.version === resourceVersion;
      return [uid, same ? before : { version: resourceVersion, sinceMs: nowMs }];
    }),
  );
}

/**
 * The leases that have run out: unchanged for as long as they last, since the reaper first saw them so. As in leader
 * election, `renewTime` is not compared with any clock: the clocks of two machines differ. So a reaper that starts gives
 * every lease its whole time once more. A lease without an end stays, unless someone began to revert it.
 */
export function expired(
  sightings: Sightings,
  leases: readonly HeldLease[],
  nowMs: number,
): HeldLease[] {
  return leases.filter(({ uid, state, leaseSeconds }) => {
    const seen = sightings.get(uid);
    if (seen === undefined) return false;
    const lastsMs = state === 'reverting' ? revertGraceMs : (leaseSeconds ?? Infinity) * 1000;
    return nowMs - seen.sinceMs >= lastsMs;
  });
}
