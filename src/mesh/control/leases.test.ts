import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLeases } from './leases.ts';

describe('a lease', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('runs out, once, when nobody renews it', () => {
    const expired: string[] = [];
    const leases = createLeases((owner) => expired.push(owner));
    leases.hold('experiment', 1000);
    vi.advanceTimersByTime(999);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(100_000);
    expect(expired).toEqual(['experiment']);
    expect(leases.renew('experiment', 1000)).toBe(false);
  });

  test('lives as long as it is renewed in time', () => {
    const expired: string[] = [];
    const leases = createLeases((owner) => expired.push(owner));
    leases.hold('experiment', 1000);
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(900);
      expect(leases.renew('experiment', 1000)).toBe(true);
    }
    expect(expired).toEqual([]);
  });

  test('ends without a word when what it held was reverted', () => {
    const expired: string[] = [];
    const leases = createLeases((owner) => expired.push(owner));
    leases.hold('a', 1000);
    leases.hold('b', 1000);
    leases.drop('a');
    vi.advanceTimersByTime(2000);
    expect(expired).toEqual(['b']);
  });
});
