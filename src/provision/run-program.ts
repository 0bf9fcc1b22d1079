import { type ChildProcess, spawn } from 'node:child_process';

/** How a program is run. */
export interface RunProgramOptions {
  env: Record<string, string | undefined>;
  signal: AbortSignal;
  timeoutMs: number;
}

const maxOutputBytes = 1024 * 1024;

/**
 * Runs a program to its end and resolves to its standard output. Rejects with the last line that it wrote to standard
 * error when it fails, cannot be started, takes too long or `signal` is aborted; then whatever it started is ended, too.
 */
export function runProgram(
  program: string,
  args: string[],
  options: RunProgramOptions,
): Promise<string> {
  const { env, signal, timeoutMs } = options;
  if (signal.aborted) return Promise.reject(new Error('interrupted'));
  // A group of its own: pip may be a script that starts the real one.
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] = (output[name] + text).slice(-maxOutputBytes);
    });
  }
  return new Promise((resolve, reject) => {
    const kill = (): void => killGroup(child);
    const timer = setTimeout(kill, timeoutMs);
    signal.addEventListener('abort', kill, { once: true });
    const settle = (failure: string | undefined): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
      if (failure === undefined) resolve(output.stdout);
      else reject(new Error(output.stderr.trim().split('\n').at(-1) || failure));
    };
    child.once('error', (error) => settle(error.message));
    child.once('close', (code, ended) =>
      settle(code === 0 ? undefined : `it ended with ${ended ?? `exit code ${code}`}`),
    );
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended meanwhile.
  }
}
