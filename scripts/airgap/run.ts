import { spawn } from 'node:child_process';

/** How a program ended. */
export type RunResult = { ok: true; output: string } | { ok: false; reason: string };

const maxOutputChars = 1_000_000;

/** Runs a program to its end, for `timeoutMs` at most; `reason` is the last line that it said. */
export function run(
  program: string,
  args: string[],
  timeoutMs: number,
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<RunResult> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-maxOutputChars);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-maxOutputChars);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, reason: error.message }));
    child.once('close', (status, signal) => {
      if (status === 0) resolve({ ok: true, output });
      else if (signal !== null)
        resolve({ ok: false, reason: `${program} did not end in ${timeoutMs / 1000} s` });
      else
        resolve({
          ok: false,
          reason: lastLine(complaints) ?? lastLine(output) ?? `exit ${status}`,
        });
    });
  });
}

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1) || undefined;
}
