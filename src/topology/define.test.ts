import { describe, expect, test } from 'vitest';
import { WindtunnelError } from '../errors.ts';
import { type LooseEdge, threeServices } from './fixture.ts';

const budget = { percent: 20, minRetryConcurrency: 3 };
const call = (deadlineMs: number | 'none', more: Partial<LooseEdge> = {}): LooseEdge => ({
  during: ['read'],
  deadlineMs,
  ...more,
});
const retry = (attempts: number, perTryTimeoutMs: number, ...on: string[]): Partial<LooseEdge> => ({
  retry: { attempts, perTryTimeoutMs, on: (on.length === 0 ? ['reset'] : on) as [string] },
  budget,
});

const refusal = (edges: Record<string, LooseEdge>, change = {}): string => {
  try {
    threeServices(edges, change);
  } catch (error) {
    const { code, message, next } = error as WindtunnelError;
    expect(error).toBeInstanceOf(WindtunnelError);
    expect(code).toBe('bad-topology');
    return `${message}\n=> ${next}`;
  }
  return 'accepted';
};

describe('a topology in normal form', () => {
  test('is the same whatever the order of its keys', () => {
    const one = threeServices({ 'a->b.read': call(500), 'b->c.read': call(200) });
    const other = threeServices({ 'b->c.read': call(200), 'a->b.read': call(500) });
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    expect(one.edges.map((edge) => edge.id)).toEqual([
      'a->b.read',
      'b->c.read',
      'ingress->a.read',
      'ingress->a.write',
    ]);
  });
});

describe('deadlines', () => {
  test('a child that may outlast its parent is refused, with both values and the next step', () => {
    expect(refusal({ 'a->b.read': call(500), 'b->c.read': call(600) })).toBe(
      'b->c.read: its deadline (600 ms) is longer than that of a->b.read (500 ms), for which it is called\n' +
        '=> Set the deadline of b->c.read to at most 500 ms, or raise that of a->b.read.',
    );
  });

  test('a child as long as its parent is accepted', () => {
    expect(refusal({ 'a->b.read': call(500), 'b->c.read': call(500) })).toBe('accepted');
  });

  test('the deadline at the gateway counts as a parent', () => {
    expect(refusal({ 'a->b.read': call(1001) })).toContain('that of ingress->a.read (1000 ms)');
  });

  test('a child without a deadline under a parent with one is refused', () => {
    expect(refusal({ 'a->b.read': call('none') })).toContain('its deadline (none) is longer');
  });

  test('calls made one after another must fit together into their parent', () => {
    const message = refusal({ 'a->b.read': call(600), 'a->c.read': call(500) });
    expect(message).toContain('may take 1100 ms (a->b.read 600 ms + a->c.read 500 ms)');
    expect(message).toContain('its own deadline is 1000 ms');
    expect(message).toContain('=> Lower their deadlines by 100 ms in all, or raise that');
  });

  test('calls of different operations are not added up', () => {
    const edges = { 'a->b.read': call(600), 'a->c.read': call(500, { during: ['write'] }) };
    expect(refusal(edges)).toBe('accepted');
  });

  test.each([0, -1, 1.5, Number.NaN])('%d is no deadline', (deadlineMs) => {
    expect(refusal({ 'a->b.read': call(deadlineMs) })).toContain(`deadlineMs ${deadlineMs} is not`);
  });

  test('calls that go round are refused', () => {
    const edges = { 'a->b.read': call(500), 'b->c.read': call(500), 'c->b.read': call(500) };
    expect(refusal(edges)).toContain('calls go round: b->c.read, c->b.read');
  });
});

describe('retries', () => {
  test.each([800, 900])('a perTryTimeout of %d ms on a deadline of 800 ms is refused', (perTry) => {
    expect(refusal({ 'a->b.read': call(800, retry(2, perTry)) })).toContain(
      `a->b.read: perTryTimeoutMs ${perTry} is not shorter than deadlineMs 800`,
    );
  });

  test('tries that do not fit are refused with three ways out', () => {
    expect(refusal({ 'a->b.read': call(700, retry(2, 250)) })).toBe(
      'a->b.read: 3 tries of 250 ms need 750 ms, deadlineMs is 700\n' +
        '=> Set attempts to 1, perTryTimeoutMs to 233, or deadlineMs to 750.',
    );
  });

  test('tries that fit exactly are accepted', () => {
    expect(refusal({ 'a->b.read': call(750, retry(2, 250)) })).toBe('accepted');
  });

  test('a retry of what is not idempotent is refused at run time, too', () => {
    expect(refusal({ 'a->b.write': call(800, retry(2, 200)) })).toContain(
      'a->b.write: retried 2 times, but b.write is declared idempotent: false',
    );
  });

  test('conditions that leave out the end of a slow try are refused', () => {
    expect(refusal({ 'a->b.read': call(800, retry(2, 200, 'connect-failure', '503')) })).toContain(
      'perTryTimeoutMs 200 ends a try, but on [connect-failure, 503] does not retry it then',
    );
  });

  test.each([0, 11, 1.5])('%d attempts are refused', (attempts) => {
    expect(refusal({ 'a->b.read': call(800, retry(attempts, 10)) })).toContain(
      `attempts ${attempts} is not in 1..10`,
    );
  });

  test('two budgets for one callee are refused, with both', () => {
    const other = { ...retry(1, 100), budget: { percent: 50, minRetryConcurrency: 3 } };
    const edges = {
      'a->c.read': call(400, retry(1, 100)),
      'b->c.read': call(400, other),
    };
    expect(refusal(edges)).toContain(
      'b->c.read has a budget of 50 % with at least 3, a->c.read one of 20 % with at least 3',
    );
  });

  test.each([
    [0, 3],
    [101, 3],
    [20, 0],
  ])('a budget of %d percent with at least %d is refused', (percent, minRetryConcurrency) => {
    const edge = call(800, { ...retry(1, 100), budget: { percent, minRetryConcurrency } });
    expect(refusal({ 'a->b.read': edge })).toContain(`a budget of percent ${percent} and`);
  });
});

describe('names', () => {
  test('an unknown operation is refused with those there are', () => {
    const message = refusal({ 'a->b.raed': call(100) });
    expect(message).toContain("a->b.raed: no service declares the operation 'b.raed'");
    expect(message).toContain('=> Call one of: a.read, a.write, b.read');
  });

  test('an unknown caller is refused', () => {
    expect(refusal({ 'z->b.read': call(100) })).toContain("no service is called 'z'");
  });

  test('an unknown operation of the caller is refused', () => {
    expect(refusal({ 'a->b.read': call(100, { during: ['raed'] }) })).toContain(
      "during 'raed' is no operation of a",
    );
  });

  test.each([80, 70_000, 1.5])('port %d is refused', (port) => {
    expect(refusal({}, { port })).toContain(`a: port ${port} is not in 1024..65535`);
  });

  test('no replicas are refused', () => {
    expect(refusal({}, { replicas: 0 })).toContain('a: replicas 0 is not a whole number above 0');
  });

  test('several problems are told at once', () => {
    const message = refusal({ 'a->b.raed': call(100), 'z->b.read': call(100) });
    expect(message).toMatch(/^2 problems:\n- a->b\.raed.*\n.*\n- z->b\.read/);
  });
});
