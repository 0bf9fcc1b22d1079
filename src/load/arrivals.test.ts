import { describe, expect, test } from 'vitest';
import { WindtunnelError } from '../errors.ts';
import { arrivalOffsetsMs } from './arrivals.ts';
import { derivedSeed, seededRandom } from './random.ts';

const gaps = (offsetsMs: Float64Array): number[] =>
  [...offsetsMs].slice(1).map((at, i) => at - (offsetsMs[i] ?? 0));

describe('arrivals', () => {
  test('of one seed are the same every time, of another they are not', () => {
    const make = (seed: number): Float64Array =>
      arrivalOffsetsMs({ kind: 'poisson', ratePerSecond: 300 }, 100, seededRandom(seed));
    expect(make(7)).toEqual(make(7));
    expect(make(7)).not.toEqual(make(8));
  });

  test('at a constant rate have equal gaps', () => {
    const offsets = arrivalOffsetsMs({ kind: 'constant', ratePerSecond: 250 }, 4, seededRandom(1));
    expect([...offsets]).toEqual([0, 4, 8, 12]);
  });

  test('of Poisson kind have gaps whose mean and deviation are one over the rate', () => {
    const offsets = arrivalOffsetsMs(
      { kind: 'poisson', ratePerSecond: 100 },
      20_001,
      seededRandom(3),
    );
    const between = gaps(offsets);
    const mean = between.reduce((sum, gap) => sum + gap, 0) / between.length;
    const variance = between.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / between.length;
    // The standard error of both is 10/sqrt(20000) = 0.07 ms; 5 of them are 0.35.
    expect(Math.abs(mean - 10)).toBeLessThan(0.35);
    expect(Math.abs(Math.sqrt(variance) - 10)).toBeLessThan(0.35);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuse a rate of %d', (rate) => {
    const make = (): Float64Array =>
      arrivalOffsetsMs({ kind: 'constant', ratePerSecond: rate }, 10, seededRandom(1));
    expect(make).toThrow(WindtunnelError);
  });
});

describe('the seeded generator', () => {
  test('is uniform: each of ten bins gets a tenth', () => {
    const random = seededRandom(42);
    const bins = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 100_000; i++) {
      const bin = Math.floor(random() * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    // Standard deviation of a bin is 95; 5 of them are 475.
    for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(475);
  });

  test('gives parts of a run different sequences of one seed', () => {
    expect(derivedSeed(1, 'rest')).not.toBe(derivedSeed(1, 'grpc'));
    expect(derivedSeed(1, 'rest')).toBe(derivedSeed(1, 'rest'));
    expect(derivedSeed(2, 'rest')).not.toBe(derivedSeed(1, 'rest'));
  });
});
