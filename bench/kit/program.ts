import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../src/errors.ts';
import type { Step } from '../../src/progress.ts';

/** What {@link runNode} takes. */
export interface NodeRun {
  signal: AbortSignal;
  timeoutMs: number;
  env?: Record<string, string | undefined>;
  /** Shows its last line. */
  step?: Step;
}

const keptChars = 4000;
/** How long a program may take to clean up after SIGINT. */
const graceMs = 90_000;

/**
 * Runs a program of ours to its end, apart from the terminal's Ctrl-C. When `signal` is aborted, or at the timeout, it is told by SIGINT,
 * as by a user, and may clean up. Throws `start-failed` with its last lines when it fails, `timeout`.
 */
export async function runNode(args: string[], run: NodeRun): Promise<void> {
  const { signal, timeoutMs, env = process.env, step } = run;
  signal.throwIfAborted();
  const child = spawn(process.execPath, args, {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-keptChars);
      step?.update(said.trim().split('\n').at(-1)?.trim().slice(0, 80) ?? '');
    });
  }
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  const limit = new AbortController();
  const stop = (): void => {
    child.kill('SIGINT');
    sleep(graceMs, undefined, { ref: false, signal: limit.signal }).then(
      () => child.kill('SIGKILL'),
      () => {},
    );
  };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, timeoutMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const code = await ended;
    signal.throwIfAborted();
    if (code === 0 && !late) return;
    const what = args.slice(-8).join(' ');
    if (late)
      throw new WindtunnelError('timeout', `${what}: not done within ${timeoutMs / 1000} s`);
    throw new WindtunnelError('start-failed', `${what}: exit ${code}: ${said.trim()}`);
  } finally {
    clearTimeout(timer);
    limit.abort();
    signal.removeEventListener('abort', stop);
  }
}
