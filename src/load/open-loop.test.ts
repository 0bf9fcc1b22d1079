import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { runOpenLoop } from './open-loop.ts';
import { grpcOutcome, httpOutcome } from './outcome.ts';

const ok = httpOutcome(200);
const at = (sentMs: number, doneMs: number): Exchange => ({
  outcome: ok,
  sentMs,
  firstByteMs: doneMs,
  doneMs,
});

describe('the open loop', () => {
  test('reports requests beyond the bound as not sent, and sends the rest', async () => {
    const pending: (() => void)[] = [];
    const running = runOpenLoop({
      offsetsMs: Array.from({ length: 10 }, () => 0),
      maxOutstanding: 4,
      send: () =>
        new Promise((resolve) => {
          pending.push(() => resolve(at(0, 1)));
        }),
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const finish of pending) finish();
    const report = await running;
    expect(report).toMatchObject({ scheduled: 10, completed: 4, notSent: 6, stopped: 0 });
  });

  test('counts latency from the intended start, service time and lag from when it was sent', async () => {
    let nowMs = 1000;
    const report = await runOpenLoop({
      // All are due at once, but each is sent 10 ms after the one before, as if the generator were held up.
      offsetsMs: [0, 0, 0],
      nowMs: () => nowMs,
      send: async (index) => {
        nowMs = 1000 + index * 10;
        return at(nowMs, nowMs + 5);
      },
    });
    // HdrHistogram keeps three digits: 25 may read 25.007.
    const close = (ms: number): unknown => expect.closeTo(ms, 1);
    expect(report.latency).toMatchObject({ count: 3, p50Ms: close(15), maxMs: close(25) });
    expect(report.serviceTime).toMatchObject({ count: 3, p50Ms: close(5), maxMs: close(5) });
    expect(report.sendLag).toMatchObject({ count: 3, p50Ms: close(10), maxMs: close(20) });
    expect(report.durationMs).toBe(25);
  });

  test('stops when it is aborted, without waiting for what is under way, and says what it left out', async () => {
    const abort = new AbortController();
    let sent = 0;
    const report = await runOpenLoop({
      offsetsMs: [0, 0, 60_000, 120_000],
      signal: abort.signal,
      send: () => {
        sent++;
        if (sent === 2) setTimeout(() => abort.abort(), 5);
        return new Promise(() => {});
      },
    });
    expect(report).toMatchObject({ scheduled: 4, completed: 0, stopped: 2 });
  });
});

describe('outcomes', () => {
  test.each([
    [200, 'success'],
    [302, 'success'],
    [404, 'rejected'],
    [503, 'failed'],
  ] as const)('HTTP %d is %s', (status, expected) => {
    expect(httpOutcome(status)).toEqual({ class: expected, label: `http ${status}` });
  });

  test.each([
    [0, 'success'],
    [5, 'rejected'],
    [14, 'failed'],
    [8, 'failed'],
  ] as const)('gRPC %d is %s', (code, expected) => {
    expect(grpcOutcome(code)).toEqual({ class: expected, label: `grpc ${code}` });
  });
});
