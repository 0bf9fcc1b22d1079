import { runProgram } from '../run-program.ts';

/** How a program is run. */
export interface ProgramOutputOptions {
  env: Record<string, string | undefined>;
  signal: AbortSignal;
  timeoutMs: number;
}

/**
 * Runs a program to its end and resolves to its standard output. Rejects with the last line that it wrote to standard
 * error when it fails, cannot be started, takes too long or `signal` is aborted; then whatever it started is ended, too.
 */
export async function programOutput(
  program: string,
  args: string[],
  options: ProgramOutputOptions,
): Promise<string> {
  if (options.signal.aborted) throw new Error('interrupted');
  // All of its group: pip may be a script that starts the real one.
  const ending = { signal: 'SIGKILL', graceMs: 0, group: true } as const;
  const { status, signal, stdout, stderr } = await runProgram(program, args, {
    ...options,
    ending,
  });
  if (status === 0) return stdout;
  const failure = `it ended with ${signal ?? `exit code ${status}`}`;
  throw new Error(stderr.trim().split('\n').at(-1) || failure);
}
