import { type ChildProcess, spawn } from 'node:child_process';

/** How a program that runs too long, or is not wanted any more, is made to end. */
export interface Ending {
  /** What it is sent first. */
  signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT';
  /** It is killed when it has not ended so long after that. */
  graceMs: number;
  /** Whether what it started is sent the same: it is in the program's group. */
  group: boolean;
}

/** How {@link runProgram} runs one. */
export interface ProgramRun {
  env: Record<string, string | undefined>;
  /** @default the current folder */
  cwd?: string | undefined;
  /** Written to its standard input, which is closed then; without it there is nothing to read. */
  input?: string | Uint8Array | undefined;
  /** Told of all that it writes, in pieces as they come. */
  onText?(stream: 'stdout' | 'stderr', text: string): void;
  /** Aborting it ends the program. */
  signal: AbortSignal;
  timeoutMs: number;
  ending: Ending;
  /** Output kept of each stream; more is dropped from its beginning. @default 1048576 */
  keptChars?: number;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Its exit code; null when a signal ended it. */
  status: number | null;
  /** The signal that ended it. */
  signal: NodeJS.Signals | null;
  /** Why it was made to end; undefined: it ended by itself. */
  stopped: 'timeout' | 'interrupted' | undefined;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end, however it ends. Rejects with Node's error when it cannot be started. It is in a group of its own:
 * the terminal's Ctrl-C is for us, who end it in order.
 */
export function runProgram(program: string, args: string[], run: ProgramRun): Promise<ProgramEnd> {
  const { env, cwd, input, onText, signal, timeoutMs, ending, keptChars = 1024 * 1024 } = run;
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] = (output[stream] + text).slice(-keptChars);
      onText?.(stream, text);
    });
  }
  // A program that ends without reading says so by its status.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    let stopped: ProgramEnd['stopped'];
    const stop = (why: ProgramEnd['stopped']): void => {
      stopped ??= why;
      endProgram(child, ending);
    };
    const timer = setTimeout(() => stop('timeout'), timeoutMs);
    const interrupt = (): void => stop('interrupted');
    if (signal.aborted) interrupt();
    else signal.addEventListener('abort', interrupt, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', interrupt);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (status, ended) => {
      settle();
      resolve({ status, signal: ended, stopped, ...output });
    });
  });
}

function endProgram(child: ChildProcess, { signal, graceMs, group }: Ending): void {
  const { pid } = child;
  if (pid === undefined) return;
  const send = (one: NodeJS.Signals): void => {
    try {
      process.kill(group ? -pid : pid, one);
    } catch {
      // All of it has ended meanwhile.
    }
  };
  send(signal);
  if (signal === 'SIGKILL') return;
  const killer = setTimeout(() => send('SIGKILL'), graceMs).unref();
  // Whatever has its output open is gone then, too; the number may be another's soon.
  child.once('close', () => clearTimeout(killer));
}
