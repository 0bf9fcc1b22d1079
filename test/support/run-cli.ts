import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const projectDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What a run of the CLI left. */
export interface CliRun {
  /** Null when it was killed. */
  status: number | null;
  stdout: string;
  stderr: string;
}

/** How {@link runCli} runs. */
export interface CliOptions {
  env?: Record<string, string | undefined>;
  /** @default the checkout */
  cwd?: string;
  /** It is killed then. @default 300000 */
  timeoutMs?: number;
  /** Told of the process, for tests that signal it. */
  onStart?: (child: ChildProcess) => void;
  /** Told of each piece of standard error, where progress goes. */
  onProgress?: (text: string) => void;
}

/** Runs `windtunnel ARGS…` of this checkout to its end. */
export function runCli(args: string[], options: CliOptions = {}): Promise<CliRun> {
  const { env = {}, cwd = projectDir, timeoutMs = 300_000 } = options;
  const child = spawn(process.execPath, [join(projectDir, 'src', 'cli', 'main.ts'), ...args], {
    cwd,
    env: { ...process.env, INIT_CWD: cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  options.onStart?.(child);
  const run: CliRun = { status: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (run.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    run.stderr += text;
    options.onProgress?.(text);
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve({ ...run, status });
    });
  });
}
