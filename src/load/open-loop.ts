import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Exchange } from './exchange.ts';
import { createRecorder, type LoadReport } from './recorder.ts';

/** What {@link runOpenLoop} takes. */
export interface OpenLoopOptions {
  /** Intended starts in ms after the start of the load, ascending: see {@link arrivalOffsetsMs}. */
  offsetsMs: ArrayLike<number>;
  /** Makes request number `index`; must resolve, in bounded time. */
  send(index: number): Promise<Exchange>;
  /** Requests that may be under way at once; one that is due beyond that is reported as `notSent`. @default 1024 */
  maxOutstanding?: number;
  /**
   * How long before a request is due the generator stops sleeping and polls instead. A timer is up to 1 ms late;
   * polling isn't, but costs a core while it lasts. @default 0
   */
  pollMs?: number;
  /** A monotonic clock, the one the sender uses. @default performance.now */
  nowMs?: () => number;
  /** Aborting it ends the load: nothing more is sent, what is under way is not waited for. */
  signal?: AbortSignal;
  /** Called now and then with the number of requests that were due so far. */
  onProgress?: (due: number) => void;
}

// So many overdue requests are sent in one go before answers get a turn.
const burst = 64;

/**
 * Sends on schedule, whatever the answers do: a slow callee does not slow the load down, so what it would have done
 * to callers is in the result (no coordinated omission). A request that is overdue is sent at once and its latency
 * counts from when it was due. Resolves when every request made has ended, or when `signal` is aborted.
 */
export async function runOpenLoop(options: OpenLoopOptions): Promise<LoadReport> {
  const { offsetsMs, send, maxOutstanding = 1024, pollMs = 0, signal, onProgress } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const recorder = createRecorder();
  const outstanding = new Set<Promise<void>>();
  const startMs = nowMs();
  let due = 0;
  for (; due < offsetsMs.length; due++) {
    if (signal?.aborted === true) break;
    const intendedMs = startMs + (offsetsMs[due] ?? 0);
    if (!(await waitUntil(intendedMs, nowMs, pollMs, signal))) break;
    if (due % burst === 0) {
      await nextTurn();
      onProgress?.(due);
    }
    if (outstanding.size >= maxOutstanding) {
      recorder.notSent();
      continue;
    }
    const exchange = send(due).then((ended) => {
      outstanding.delete(exchange);
      recorder.record(intendedMs, ended);
    });
    outstanding.add(exchange);
  }
  await drained(outstanding, signal);
  return recorder.report(offsetsMs.length, offsetsMs.length - due);
}

/** False when the wait was aborted. A timer is asked for whole ms and rounded down, so that it never oversleeps by design. */
async function waitUntil(
  dueMs: number,
  nowMs: () => number,
  pollMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (;;) {
    const leftMs = dueMs - nowMs();
    if (leftMs <= 0) return true;
    if (signal?.aborted === true) return false;
    if (leftMs <= pollMs) {
      await nextTurn();
      continue;
    }
    const napMs = Math.max(1, Math.floor(leftMs - pollMs));
    try {
      await sleep(napMs, undefined, { signal });
    } catch {
      return false;
    }
  }
}

async function drained(
  outstanding: Set<Promise<void>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const all = Promise.all(outstanding);
  if (signal === undefined) return void (await all);
  if (signal.aborted) return;
  let stop: () => void = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([all, aborted]);
  signal.removeEventListener('abort', stop);
}
