import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startTimeOf } from '../mesh/processes/identity.ts';
import { programOutput } from './program-output.ts';

const shell = (script: string, signal = new AbortController().signal): Promise<string> =>
  programOutput('sh', ['-c', script], { env: process.env, signal, timeoutMs: 10_000 });

it('resolves to what a program prints, and rejects with the last line of its errors', async () => {
  await expect(shell('echo yes')).resolves.toBe('yes\n');
  await expect(shell('echo first >&2; echo last >&2; exit 3')).rejects.toThrow(/^last$/);
  await expect(shell('exit 3')).rejects.toThrow('exit code 3');
});

it('says that there is no such program', async () => {
  const options = { env: {}, signal: new AbortController().signal, timeoutMs: 1000 };
  await expect(programOutput('windtunnel-none', [], options)).rejects.toThrow('ENOENT');
});

it('ends what the program started, too, when it is interrupted', async () => {
  const abort = new AbortController();
  // The inner sleep holds the pipes open: only its end lets the promise settle.
  const running = shell('sleep 30 & echo $! >&2; wait', abort.signal).catch(
    (error: Error) => error,
  );
  await sleep(1000);
  abort.abort();
  const ended = await running;
  expect(ended).toBeInstanceOf(Error);
  const pid = Number((ended as Error).message);
  expect(pid).toBeGreaterThan(0);
  // Whoever inherits a killed process takes a moment to see its end; by itself it would live for 30 s.
  for (let i = 0; i < 250 && startTimeOf(pid) !== undefined; i++) await sleep(20);
  expect(startTimeOf(pid)).toBeUndefined();
});
