import { runProgram } from '../../src/run-program.ts';

/** How a program ended. */
export type RunResult = { ok: true; output: string } | { ok: false; reason: string };

// What runs is in a group of its own, which the terminal's Ctrl-C does not reach.
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    interruption.abort(name);
    process.exit(130);
  });
}

/** Runs a program to its end, for `timeoutMs` at most; `reason` is the last line that it said. */
export async function run(
  program: string,
  args: string[],
  timeoutMs: number,
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<RunResult> {
  try {
    const { status, signal, stdout, stderr } = await runProgram(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      signal: interruption.signal,
      timeoutMs,
      // All of its group: the compiler is started by Go's command.
      ending: { signal: 'SIGKILL', graceMs: 0, group: true },
    });
    if (status === 0) return { ok: true, output: stdout };
    if (signal !== null) {
      return { ok: false, reason: `${program} did not end in ${timeoutMs / 1000} s` };
    }
    return { ok: false, reason: lastLine(stderr) ?? lastLine(stdout) ?? `exit ${status}` };
  } catch (thrown) {
    return { ok: false, reason: (thrown as Error).message };
  }
}

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1) || undefined;
}
