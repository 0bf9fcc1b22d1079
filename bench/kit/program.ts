import { WindtunnelError } from '../../src/errors.ts';
import type { Step } from '../../src/progress.ts';
import { runProgram } from '../../src/run-program.ts';

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
  let said = '';
  const { status, stopped } = await runProgram(process.execPath, args, {
    env,
    onText: (_stream, text) => {
      said = (said + text).slice(-keptChars);
      step?.update(said.trim().split('\n').at(-1)?.trim().slice(0, 80) ?? '');
    },
    signal,
    timeoutMs,
    // It alone, as by a user: it ends in order what it started.
    ending: { signal: 'SIGINT', graceMs, group: false },
  });
  signal.throwIfAborted();
  const what = args.slice(-8).join(' ');
  if (stopped === 'timeout') {
    throw new WindtunnelError('timeout', `${what}: not done within ${timeoutMs / 1000} s`);
  }
  if (status === 0) return;
  throw new WindtunnelError('start-failed', `${what}: exit ${status}: ${said.trim()}`);
}
