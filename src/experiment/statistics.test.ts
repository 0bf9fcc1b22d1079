import { describe, expect, test } from 'vitest';
import { seededRandom } from '../load/random.ts';
import {
  alphaPerComparison,
  guaranteedInterval,
  normalQuantile,
  requestsToSee,
  sampleSize,
  wilsonInterval,
} from './statistics.ts';

describe('the normal quantile', () => {
  // Published values of the two-sided normal quantile.
  test.each([
    [0.5, 0.67448975],
    [0.9, 1.64485363],
    [0.95, 1.95996398],
    [0.99, 2.5758293],
    [0.999, 3.29052673],
    [0.999999, 4.89163848],
  ])('of %d is %d', (confidence, z) => {
    expect(normalQuantile(confidence)).toBeCloseTo(z, 6);
  });
});

describe("Wilson's interval", () => {
  // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29 at 95 %.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d in %d is the published one', (successes, count, low, high) => {
    const interval = wilsonInterval(successes / count, count, 0.95);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test('of nothing says nothing', () => {
    expect(wilsonInterval(0, 0, 0.95)).toEqual({ low: 0, high: 1 });
  });
});

describe('the guaranteed interval', () => {
  test('ends where the divergence reaches ln(2/alpha)/count', () => {
    const { low, high } = guaranteedInterval(0.25, 1000, 1e-4);
    const kl = (q: number): number => 0.25 * Math.log(0.25 / q) + 0.75 * Math.log(0.75 / (1 - q));
    expect(1000 * kl(low)).toBeCloseTo(Math.log(2e4), 6);
    expect(1000 * kl(high)).toBeCloseTo(Math.log(2e4), 6);
    expect(low).toBeLessThan(0.25);
    expect(high).toBeGreaterThan(0.25);
  });

  test('of no success starts at 0 and ends at 1 - (alpha/2)^(1/count)', () => {
    const { low, high } = guaranteedInterval(0, 100, 0.01);
    expect(low).toBe(0);
    expect(high).toBeCloseTo(1 - 0.005 ** (1 / 100), 9);
  });

  test('misses the truth no more often than alpha where a Wilson interval of that level does', () => {
    // 9 or more of 1500 happen with a chance of 1.1e-3 at 0.0016: far above 3e-5, so 9 must not refute it.
    const alpha = 3e-5;
    expect(wilsonInterval(9 / 1500, 1500, 1 - alpha).low).toBeGreaterThan(0.0016);
    expect(guaranteedInterval(9 / 1500, 1500, alpha).low).toBeLessThan(0.0016);
  });

  test('covers the truth in all of 2000 seeded runs at alpha 1e-3, for a bounded value that is no coin', () => {
    const random = seededRandom(11);
    let missed = 0;
    for (let run = 0; run < 2000; run++) {
      let sum = 0;
      // Retries of a request of at most 3, each made with probability 1/2, scaled to [0, 1]: mean 7/24.
      for (let i = 0; i < 200; i++) {
        let retries = 0;
        while (retries < 3 && random() < 0.5) retries++;
        sum += retries / 3;
      }
      const { low, high } = guaranteedInterval(sum / 200, 200, 1e-3);
      if (7 / 24 < low || 7 / 24 > high) missed++;
    }
    expect(missed).toBe(0);
  });
});

describe('sample sizes', () => {
  // The two that the catalogue of experiments quotes for T1.
  test('of a proportion are those of the catalogue', () => {
    expect(sampleSize(0.125, 0.01, 0.95)).toBe(4202);
    expect(sampleSize(0.01, 0.002, 0.95)).toBe(9508);
  });

  test('to see something rare leave a chance of alpha at most of missing it', () => {
    const count = requestsToSee(0.008, 1e-5);
    expect((1 - 0.008) ** count).toBeLessThanOrEqual(1e-5);
    expect((1 - 0.008) ** (count - 1)).toBeGreaterThan(1e-5);
    expect(requestsToSee(1, 1e-5)).toBe(1);
  });

  test('a family shares its level', () => {
    expect(alphaPerComparison(0.001, 64)).toBe(0.001 / 64);
  });
});
