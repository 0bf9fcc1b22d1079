import { expect, test } from 'vitest';
import { type Service, shutDown } from './service.ts';

// A service that writes down what is done to it, on a clock that only sleeping moves.
function recorded(stopMs: number) {
  const steps: string[] = [];
  let nowMs = 0;
  const waiting: { atMs: number; resolve: () => void }[] = [];
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => waiting.push({ atMs: nowMs + ms, resolve }));
  const note = (step: string) => steps.push(`${nowMs} ${step}`);
  const service: Service = {
    listen: () => Promise.resolve(0),
    setReady: (ready) => note(ready ? 'ready' : 'not ready'),
    stop: () => {
      note('intake closed');
      return sleep(stopMs).then(() => void note('requests finished'));
    },
    forceStop: () => note('cut off'),
  };
  const advance = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      waiting.sort((a, b) => a.atMs - b.atMs);
      const next = waiting.shift();
      if (!next) return;
      nowMs = next.atMs;
      next.resolve();
    }
  };
  return { steps, service, sleep, advance };
}

test('readiness goes off, callers get time to notice, then the intake closes and requests finish', async () => {
  const { steps, service, sleep, advance } = recorded(400);
  const outcome = shutDown(service, { drainMs: 3000, graceMs: 5000, sleep });
  await advance();
  expect(await outcome).toBe('finished');
  expect(steps).toEqual(['0 not ready', '3000 intake closed', '3400 requests finished']);
});

test('what is not finished within the grace time is cut off', async () => {
  const { steps, service, sleep, advance } = recorded(60_000);
  const outcome = shutDown(service, { drainMs: 3000, graceMs: 5000, sleep });
  await advance();
  expect(await outcome).toBe('forced');
  expect(steps.slice(0, 3)).toEqual(['0 not ready', '3000 intake closed', '8000 cut off']);
});
