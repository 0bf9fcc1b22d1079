import { leaseBoundsMs } from '../../target/lease-bounds.ts';

/** Keeps count of changes that must not outlive the one who made them. */
export interface Leases {
  /** Gives or extends the lease of `owner`: it runs out `leaseMs` from now. */
  hold(owner: string, leaseMs: number): void;
  /** Extends a lease that stands; false when there is none, or it has run out. */
  renew(owner: string, leaseMs: number): boolean;
  /** Ends a lease without the expiry being called: what it held is gone, or stays for good. */
  drop(owner: string): void;
  /** Ends all of them. */
  close(): void;
}

/** Makes {@link Leases}; `expire` is told of an owner whose lease has run out, once. */
export function createLeases(expire: (owner: string) => void): Leases {
  const timers = new Map<string, NodeJS.Timeout>();
  const drop = (owner: string): void => {
    clearTimeout(timers.get(owner));
    timers.delete(owner);
  };
  const hold = (owner: string, leaseMs: number): void => {
    drop(owner);
    const boundedMs = Math.min(Math.max(leaseMs, leaseBoundsMs.shortest), leaseBoundsMs.longest);
    const timer = setTimeout(() => {
      timers.delete(owner);
      expire(owner);
    }, boundedMs);
    timer.unref();
    timers.set(owner, timer);
  };
  return {
    hold,
    renew: (owner, leaseMs) => {
      if (!timers.has(owner)) return false;
      hold(owner, leaseMs);
      return true;
    },
    drop,
    close: () => {
      for (const owner of timers.keys()) drop(owner);
    },
  };
}
