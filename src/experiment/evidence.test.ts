import { describe, expect, test } from 'vitest';
import type { LoadReport } from '../load/recorder.ts';
import type { AccessLogEntry } from '../target/access-log.ts';
import { retries } from '../../experiments/retries.ts';
import {
  counterFilter,
  countAttempts,
  crossChecks,
  type Evidence,
  gatherEvidence,
  readCounters,
} from './evidence.ts';

const entry = (over: Partial<AccessLogEntry>): AccessLogEntry =>
  ({
    direction: 'inbound',
    requestId: 'wt-1',
    status: 200,
    grpcStatus: null,
    flags: '-',
    attemptHeader: 1,
    ...over,
  }) as AccessLogEntry;

describe("the callee's log", () => {
  test('is counted by attempt number, by fault, and apart from what others caused', () => {
    const counted = countAttempts(
      [
        entry({ status: 503, flags: 'FI' }),
        entry({ attemptHeader: 2 }),
        entry({ requestId: 'wt-2' }),
        entry({ requestId: 'wt-3', attemptHeader: 1, status: 500 }),
        entry({ requestId: 'wt-4', attemptHeader: null }),
        entry({ requestId: 'other' }),
        entry({ requestId: null }),
        entry({ direction: 'outbound' }),
      ],
      'wt-',
    );
    expect(counted).toEqual({
      attempts: 5,
      byNumber: [3, 1],
      faultedByNumber: [1, 0],
      otherFailures: 1,
      unnumbered: 1,
      foreign: 2,
    });
  });

  test('knows a failed gRPC attempt by its own status, as its HTTP status is 200', () => {
    expect(countAttempts([entry({ grpcStatus: 14 })], 'wt-').otherFailures).toBe(1);
    expect(countAttempts([entry({ grpcStatus: 14, flags: 'FI' })], 'wt-').otherFailures).toBe(0);
  });
});

describe("the caller's counters", () => {
  const [edge] = retries.edges;
  const cluster = 'cluster.outbound|8080||users.shop.svc.cluster.local';

  test('are found by a filter that knows the edge from others', () => {
    const filter = new RegExp(counterFilter(edge ?? (undefined as never)));
    expect(filter.test(`${cluster}.upstream_rq_retry`)).toBe(true);
    expect(filter.test(`${cluster};.upstream_rq_retry`)).toBe(true);
    expect(filter.test(`${cluster}.upstream_rq_retry_backoff_exponential`)).toBe(false);
    expect(filter.test(`${cluster}.upstream_rq_503`)).toBe(false);
    expect(
      filter.test('cluster.outbound|8080||orders.shop.svc.cluster.local.upstream_rq_retry'),
    ).toBe(false);
    expect(filter.test('cluster.inbound|8080||.upstream_rq_retry')).toBe(false);
  });

  test('are summed over subsets', () => {
    const read = readCounters({
      [`${cluster}.upstream_rq_retry`]: 3,
      'cluster.outbound|8080|v1|users.shop.svc.cluster.local.upstream_rq_retry': 4,
      [`${cluster}.upstream_rq_total`]: 10,
    });
    expect(read).toMatchObject({ retry: 7, total: 10, retryOverflow: 0 });
  });

  test('without upstream_rq_retry prove nothing: absent is not zero', () => {
    expect(readCounters({ [`${cluster}.upstream_rq_total`]: 10 })).toBeNull();
  });
});

describe('the cross-checks', () => {
  // 10 requests, n = 2: 5 first attempts fail, 2 second ones, 1 third one.
  const load = {
    completed: 10,
    classes: { success: 9, rejected: 0, failed: 1, timeout: 0, broken: 0, canceled: 0 },
    outcomes: { 'http 200': 9, 'http 503': 1 },
  } as unknown as LoadReport;
  const caller = {
    total: 17,
    retry: 7,
    retrySuccess: 4,
    retryLimitExceeded: 1,
    retryOverflow: 0,
    refused: 0,
  };
  const callee = {
    attempts: 17,
    byNumber: [10, 5, 2],
    faultedByNumber: [5, 2, 1],
    otherFailures: 0,
    unnumbered: 0,
    foreign: 3,
  };
  const good = gatherEvidence(load, caller, callee, 'http 503');
  const broken = (evidence: Evidence): string[] =>
    crossChecks(evidence)
      .filter(({ holds }) => !holds)
      .map(({ name }) => name);

  test('all hold when every party saw the same, whatever others did at the callee', () => {
    expect(broken(good)).toEqual([]);
    expect(good).toMatchObject({ requests: 10, failures: 1, unexpected: 0 });
  });

  test.each<[string, Partial<typeof caller>, Partial<typeof callee>]>([
    ['a retry counter that is constantly 0', { retry: 0 }, {}],
    ['a lost log line', {}, { attempts: 16, byNumber: [9, 5, 2] }],
    ['a second attempt that is numbered as a third', {}, { byNumber: [10, 4, 3] }],
    ['a budget that forbade a retry', { retryOverflow: 1 }, {}],
    ['a connection limit that refused an attempt', { refused: 1 }, {}],
    ['a failure of the service itself', {}, { otherFailures: 1 }],
    ['attempts without a number', {}, { unnumbered: 1 }],
    ['a fault that answered once more than the caller knows', {}, { faultedByNumber: [6, 2, 1] }],
  ])('find %s', (_, callerChange, calleeChange) => {
    const found = broken({
      ...good,
      caller: { ...caller, ...callerChange },
      callee: { ...callee, ...calleeChange },
    });
    expect(found.length).toBeGreaterThan(0);
  });
});
