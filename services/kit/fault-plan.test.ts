import { describe, expect, test } from 'vitest';
import { type Attempt, createFaultPlan, seededRandom } from './fault-plan.ts';

const attempt = (over: Partial<Attempt> = {}): Attempt => ({
  operation: 'GET /users/:id',
  requestId: 'r1',
  script: undefined,
  attemptCount: undefined,
  ...over,
});
const statuses = (attempts: Attempt[], plan = createFaultPlan({ probability: 0, seed: 1 })) =>
  attempts.map((each) => plan.next(each)?.httpStatus ?? 200);

describe('with x-fail', () => {
  const script = '503,504,200';

  test('the nth attempt of a request gets the nth entry, and the last entry repeats', () => {
    expect(statuses(Array.from({ length: 5 }, () => attempt({ script })))).toEqual([
      503, 504, 200, 200, 200,
    ]);
  });

  test('a last entry that fails goes on failing', () => {
    expect(statuses(Array.from({ length: 3 }, () => attempt({ script: '200,500' })))).toEqual([
      200, 500, 500,
    ]);
  });

  test('requests are counted apart by id, and by operation', () => {
    const a = attempt({ script });
    const b = attempt({ script, requestId: 'r2' });
    const other = attempt({ script, operation: 'GET /orders/:id' });
    expect(statuses([a, b, a, other, b])).toEqual([503, 503, 504, 503, 504]);
  });

  test('a replica that sees only the second attempt learns so from x-envoy-attempt-count', () => {
    expect(statuses([attempt({ script, attemptCount: '2' })])).toEqual([504]);
    const first = attempt({ script, attemptCount: '1' });
    const third = attempt({ script, attemptCount: '3' });
    expect(statuses([first, third])).toEqual([503, 200]);
  });

  test('a caller that starts counting anew does not start the script anew', () => {
    const first = attempt({ script, attemptCount: '1' });
    expect(statuses([first, first, first])).toEqual([503, 504, 200]);
  });

  test('a request without an id gets the first entry, whatever came before', () => {
    const anonymous = attempt({ script, requestId: undefined });
    expect(statuses([anonymous, anonymous])).toEqual([503, 503]);
  });

  test('an entry is an HTTP status or a gRPC code, and means the same in both protocols', () => {
    const plan = createFaultPlan({ probability: 0, seed: 1 });
    const fault = (script: string) => plan.next(attempt({ script, requestId: script }));
    expect(fault('503')).toEqual({ httpStatus: 503, grpcCode: 'UNAVAILABLE' });
    expect(fault('unavailable')).toEqual({ httpStatus: 503, grpcCode: 'UNAVAILABLE' });
    expect(fault('504')).toEqual({ httpStatus: 504, grpcCode: 'DEADLINE_EXCEEDED' });
    expect(fault('418')).toEqual({ httpStatus: 418, grpcCode: 'UNKNOWN' });
    expect(fault(' OK ')).toBeUndefined();
  });

  test.each(['', '503,', 'abc', '99', '600', '5 03', '1e3'])('refuses the script %j', (script) => {
    expect(() => statuses([attempt({ script })])).toThrow(/neither an HTTP status nor a gRPC code/);
  });

  test('refuses a script of more than 64 entries', () => {
    expect(() => statuses([attempt({ script: '503,'.repeat(65) })])).toThrow(
      'more than 64 entries',
    );
  });

  test('remembers the latest request ids only', () => {
    const plan = createFaultPlan({ probability: 0, seed: 1, maxRequests: 10 });
    statuses([attempt({ script })], plan);
    const others = Array.from({ length: 30 }, (_, index) =>
      attempt({ script, requestId: `other-${index}` }),
    );
    statuses(others, plan);
    expect(statuses([attempt({ script })], plan)).toEqual([503]);
    expect(statuses([others[29] as Attempt], plan)).toEqual([504]);
  });
});

describe('with a probability', () => {
  const draws = (probability: number, seed: number) =>
    statuses(
      Array.from({ length: 2000 }, () => attempt()),
      createFaultPlan({ probability, seed }),
    );

  test('fails that share of requests', () => {
    const failed = draws(0.2, 7).filter((each) => each === 503).length;
    // 2000 draws at 0.2: standard deviation 18; a seeded draw gives the same count every time.
    expect(failed).toBeGreaterThan(400 - 4 * 18);
    expect(failed).toBeLessThan(400 + 4 * 18);
  });

  test('the same seed fails the same requests; another seed fails others', () => {
    expect(draws(0.5, 7)).toEqual(draws(0.5, 7));
    expect(draws(0.5, 7)).not.toEqual(draws(0.5, 8));
  });

  test('0 fails none and 1 fails all', () => {
    expect(new Set(draws(0, 1))).toEqual(new Set([200]));
    expect(new Set(draws(1, 1))).toEqual(new Set([503]));
  });

  test('a script goes before the draw', () => {
    const plan = createFaultPlan({ probability: 1, seed: 1 });
    expect(plan.next(attempt({ script: '200' }))).toBeUndefined();
  });
});

test('seededRandom covers [0, 1) evenly', () => {
  const draw = seededRandom(42);
  const bins = Array.from({ length: 10 }, () => 0);
  for (let index = 0; index < 10_000; index++) {
    const value = draw();
    expect(value >= 0 && value < 1).toBe(true);
    bins[Math.floor(value * 10)]! += 1;
  }
  // 1000 expected in each bin, standard deviation 30.
  for (const bin of bins) expect(Math.abs(bin - 1000)).toBeLessThan(150);
});
