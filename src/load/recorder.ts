import { build, type Histogram } from 'hdr-histogram-js';
import type { Exchange } from './exchange.ts';
import type { OutcomeClass } from './outcome.ts';

/** A distribution of times, in ms; quantiles are exact to three digits (HdrHistogram). All 0 when `count` is 0. */
export interface LatencySummary {
  count: number;
  meanMs: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

/** What one load did and saw. */
export interface LoadReport {
  /** Requests that were due. */
  scheduled: number;
  /** Of those, made; each has exactly one outcome. */
  completed: number;
  /** Due while `maxOutstanding` were under way: never made, and never counted as anything else. */
  notSent: number;
  /** Due after the run was stopped. */
  stopped: number;
  classes: Record<OutcomeClass, number>;
  /** By label, e.g. `{ 'http 200': 1490, 'http 503': 10 }`. */
  outcomes: Record<string, number>;
  /** From the INTENDED start to the end: what a caller waits, the wait for a late generator included. */
  latency: LatencySummary;
  /** From the moment it was sent to the end: what closed-loop tools report. */
  serviceTime: LatencySummary;
  /** From the intended start to the head of the answer. */
  firstByte: LatencySummary;
  /** From the intended start to the moment it was sent: the generator's own lateness. */
  sendLag: LatencySummary;
  /** From the first intended start to the last end, in ms. */
  durationMs: number;
}

/** Gathers exchanges into a {@link LoadReport}; memory does not grow with their number. */
export interface Recorder {
  record(intendedMs: number, exchange: Exchange): void;
  notSent(): void;
  report(scheduled: number, stopped: number): LoadReport;
}

/** Makes an empty {@link Recorder}. */
export function createRecorder(): Recorder {
  const latency = histogram();
  const serviceTime = histogram();
  const firstByte = histogram();
  const sendLag = histogram();
  const classes = { success: 0, rejected: 0, failed: 0, timeout: 0, broken: 0, canceled: 0 };
  const outcomes: Record<string, number> = {};
  let completed = 0;
  let notSent = 0;
  let firstIntendedMs = Number.POSITIVE_INFINITY;
  let lastDoneMs = Number.NEGATIVE_INFINITY;
  return {
    record(intendedMs, exchange) {
      completed++;
      classes[exchange.outcome.class]++;
      outcomes[exchange.outcome.label] = (outcomes[exchange.outcome.label] ?? 0) + 1;
      firstIntendedMs = Math.min(firstIntendedMs, intendedMs);
      lastDoneMs = Math.max(lastDoneMs, exchange.doneMs);
      add(latency, exchange.doneMs - intendedMs);
      if (exchange.firstByteMs !== null) add(firstByte, exchange.firstByteMs - intendedMs);
      if (exchange.sentMs === null) return;
      add(sendLag, exchange.sentMs - intendedMs);
      add(serviceTime, exchange.doneMs - exchange.sentMs);
    },
    notSent() {
      notSent++;
    },
    report: (scheduled, stopped) => ({
      scheduled,
      completed,
      notSent,
      stopped,
      classes: { ...classes },
      outcomes: { ...outcomes },
      latency: summarise(latency),
      serviceTime: summarise(serviceTime),
      firstByte: summarise(firstByte),
      sendLag: summarise(sendLag),
      durationMs: completed === 0 ? 0 : lastDoneMs - firstIntendedMs,
    }),
  };
}

// Values are whole microseconds: below that neither timers nor the clock mean anything.
function histogram(): Histogram {
  return build({ bitBucketSize: 32, numberOfSignificantValueDigits: 3, autoResize: true });
}

function add(times: Histogram, ms: number): void {
  times.recordValue(Math.max(0, Math.round(ms * 1000)));
}

/** The summary of a histogram of microseconds. */
function summarise(times: Histogram): LatencySummary {
  const at = (percentile: number): number =>
    times.totalCount === 0 ? 0 : times.getValueAtPercentile(percentile) / 1000;
  return {
    count: times.totalCount,
    meanMs: times.totalCount === 0 ? 0 : times.mean / 1000,
    p50Ms: at(50),
    p90Ms: at(90),
    p99Ms: at(99),
    p999Ms: at(99.9),
    maxMs: at(100),
  };
}
