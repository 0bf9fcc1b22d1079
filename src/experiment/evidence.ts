import type { LoadReport } from '../load/recorder.ts';
import type { AccessLogEntry } from '../target/access-log.ts';
import type { EdgeUnderTest } from './edge-under-test.ts';

/** What the caller's sidecar counted on the edge, as differences over the load (Envoy's `upstream_rq_*`). */
export interface CallerCounters {
  /** `upstream_rq_total`: attempts. */
  total: number;
  /** `upstream_rq_retry` */
  retry: number;
  /** `upstream_rq_retry_success`: requests that a retry saved. */
  retrySuccess: number;
  /** `upstream_rq_retry_limit_exceeded`: requests that failed after all their retries. */
  retryLimitExceeded: number;
  /** `upstream_rq_retry_overflow`: retries that a budget or breaker forbade. */
  retryOverflow: number;
  /** `upstream_rq_pending_overflow` and `upstream_rq_active_overflow`: attempts that a connection limit refused. */
  refused: number;
}

/** What the callee's sidecars logged of the experiment's own requests: one line an attempt. */
export interface CalleeAttempts {
  attempts: number;
  /** By `x-envoy-attempt-count`: the first is the number of requests that arrived. */
  byNumber: number[];
  /** Of those, the ones that the fault answered (response flag FI). */
  faultedByNumber: number[];
  /** Attempts that failed without the fault's flag. */
  otherFailures: number;
  /** Attempts without `x-envoy-attempt-count`. */
  unnumbered: number;
  /** Attempts on the same replicas that the experiment did not cause. */
  foreign: number;
}

/** All that was seen of one load, by three parties that don't know of each other. */
export interface Evidence {
  /** The load generator. */
  load: LoadReport;
  /** The caller's sidecar. */
  caller: CallerCounters;
  /** The callee's sidecars. */
  callee: CalleeAttempts;
  /** Requests made. */
  requests: number;
  /** Of those, the ones that the caller saw fail with the fault's own status. */
  failures: number;
  /** Of those, the ones with any other outcome but success: nothing that the hypothesis speaks of. */
  unexpected: number;
}

const names: Record<string, keyof CallerCounters> = {
  upstream_rq_total: 'total',
  upstream_rq_retry: 'retry',
  upstream_rq_retry_success: 'retrySuccess',
  upstream_rq_retry_limit_exceeded: 'retryLimitExceeded',
  upstream_rq_retry_overflow: 'retryOverflow',
  upstream_rq_pending_overflow: 'refused',
  upstream_rq_active_overflow: 'refused',
};

/** The filter (RE2) for the counters of an edge's cluster in the caller's sidecar. */
export function counterFilter(edge: EdgeUnderTest): string {
  const host = edge.host.replaceAll('.', '\\.');
  return `^cluster\\.outbound.*${host}.*\\.(${Object.keys(names).join('|')})$`;
}

/** Adds up what {@link counterFilter} found; null when the sidecar exposes no `upstream_rq_retry` at all. */
export function readCounters(found: Record<string, number>): CallerCounters | null {
  const sums: CallerCounters = {
    total: 0,
    retry: 0,
    retrySuccess: 0,
    retryLimitExceeded: 0,
    retryOverflow: 0,
    refused: 0,
  };
  let exposed = false;
  for (const [name, value] of Object.entries(found)) {
    const key = names[name.slice(name.lastIndexOf('.') + 1)];
    if (key === undefined) continue;
    exposed ||= key === 'retry';
    sums[key] += value;
  }
  return exposed ? sums : null;
}

/** What was counted between two readings. */
export function counterDifference(before: CallerCounters, after: CallerCounters): CallerCounters {
  return {
    total: after.total - before.total,
    retry: after.retry - before.retry,
    retrySuccess: after.retrySuccess - before.retrySuccess,
    retryLimitExceeded: after.retryLimitExceeded - before.retryLimitExceeded,
    retryOverflow: after.retryOverflow - before.retryOverflow,
    refused: after.refused - before.refused,
  };
}

/** Counts the callee's lines; those whose request id starts with `requestIdPrefix` are the experiment's. */
export function countAttempts(entries: AccessLogEntry[], requestIdPrefix: string): CalleeAttempts {
  const byNumber: number[] = [];
  const faultedByNumber: number[] = [];
  const counts = { attempts: 0, otherFailures: 0, unnumbered: 0, foreign: 0 };
  for (const entry of entries) {
    if (entry.direction !== 'inbound') continue;
    if (entry.requestId?.startsWith(requestIdPrefix) !== true) {
      counts.foreign++;
      continue;
    }
    counts.attempts++;
    if (entry.attemptHeader === null || entry.attemptHeader < 1) {
      counts.unnumbered++;
      continue;
    }
    const index = entry.attemptHeader - 1;
    addOne(byNumber, index);
    if (entry.flags.split(',').includes('FI')) addOne(faultedByNumber, index);
    else if (failed(entry)) counts.otherFailures++;
  }
  while (faultedByNumber.length < byNumber.length) faultedByNumber.push(0);
  return { ...counts, byNumber, faultedByNumber };
}

/** Puts together what the three parties saw; `faultLabel` is the outcome that the fault causes, e.g. `http 503`. */
export function gatherEvidence(
  load: LoadReport,
  caller: CallerCounters,
  callee: CalleeAttempts,
  faultLabel: string,
): Evidence {
  const failures = load.outcomes[faultLabel] ?? 0;
  return {
    load,
    caller,
    callee,
    requests: load.completed,
    failures,
    unexpected: load.completed - load.classes.success - failures,
  };
}

/** Two numbers that must be equal if all parties saw the same thing. */
export interface CrossCheck {
  name: string;
  left: number;
  right: number;
  holds: boolean;
}

/**
 * The identities that hold whatever the policy and the fault: with them, retries are proven by the callee's attempt
 * numbers and by the caller's counters independently, and the generator's own count of failures follows from both.
 */
export function crossChecks(evidence: Evidence): CrossCheck[] {
  const { caller, callee, requests, failures } = evidence;
  const check = (name: string, left: number, right: number): CrossCheck => ({
    name,
    left,
    right,
    holds: left === right,
  });
  return [
    check('first attempts at the callee = requests made', callee.byNumber[0] ?? 0, requests),
    check(
      'attempts above the first at the callee = upstream_rq_retry of the caller',
      sum(callee.byNumber.slice(1)),
      caller.retry,
    ),
    check('attempts at the callee = requests + retries', callee.attempts, requests + caller.retry),
    check(
      'upstream_rq_total of the caller = attempts at the callee',
      caller.total,
      callee.attempts,
    ),
    check(
      'retry_success + retry_limit_exceeded of the caller = second attempts at the callee',
      caller.retrySuccess + caller.retryLimitExceeded,
      callee.byNumber[1] ?? 0,
    ),
    check(
      'faulted attempts that were not retried = failures that the caller saw',
      sum(callee.faultedByNumber) - caller.retry,
      failures,
    ),
    check('retries that a budget or breaker forbade = none', caller.retryOverflow, 0),
    check('attempts that a connection limit refused = none', caller.refused, 0),
    check('failed attempts that the fault did not cause = none', callee.otherFailures, 0),
    check(
      'outcomes other than success and the fault = none',
      evidence.unexpected + callee.unnumbered,
      0,
    ),
  ];
}

function failed(entry: AccessLogEntry): boolean {
  return entry.status >= 500 || entry.status === 0 || (entry.grpcStatus ?? 0) !== 0;
}

function addOne(counts: number[], index: number): void {
  while (counts.length <= index) counts.push(0);
  counts[index] = (counts[index] ?? 0) + 1;
}

function sum(counts: number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
