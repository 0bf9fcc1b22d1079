import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Guard } from './guard.ts';
import { signalTree } from './identity.ts';

/** How a process is started; two equal ones need no restart. */
export interface ProcessSpec {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Standard output and error are appended here. */
  logFile: string;
}

/** A child that is kept running until it is stopped. */
export interface ManagedProcess {
  readonly pid: number | undefined;
  readonly restarts: number;
  /** Exits that nobody asked for since it was last ready. */
  readonly failures: number;
  /** Why it could not be started or how it ended last, e.g. `exit code 1`. */
  readonly lastEnd: string | undefined;
  /** Says that it came up: the delay before the next restart is short again. */
  markReady(): void;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

/** What {@link startProcess} needs beside the spec. */
export interface SupervisionOptions {
  guard: Guard;
  /** Called after every end, before a restart. */
  onExit(): void;
  /** Called after every start. */
  onStart(): void;
  /** @default 100 */
  firstDelayMs?: number;
  /** @default 5000 */
  maxDelayMs?: number;
}

/** Starts a process and restarts it with growing delays whenever it ends by itself. */
export function startProcess(spec: ProcessSpec, options: SupervisionOptions): ManagedProcess {
  const { guard, onExit, onStart, firstDelayMs = 100, maxDelayMs = 5000 } = options;
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  const counts = { restarts: 0, failures: 0 };
  let lastEnd: string | undefined;

  const ended = (pid: number | undefined, how: string): void => {
    child = undefined;
    lastEnd = how;
    if (pid !== undefined) {
      // What it started itself must not live on beside its successor.
      signalTree(pid, 'SIGKILL');
      guard.remove(pid);
    }
    if (!stopping) {
      counts.failures++;
      timer = setTimeout(
        () => {
          counts.restarts++;
          run();
        },
        restartDelayMs(counts.failures, firstDelayMs, maxDelayMs),
      );
    }
    onExit();
  };
  const run = (): void => {
    if (stopping) return;
    const started = spawnOnce(spec, (how) => ended(started.pid, how));
    child = started;
    if (started.pid !== undefined) guard.add(started.pid);
    onStart();
  };
  run();

  return {
    get pid() {
      return child?.pid;
    },
    get restarts() {
      return counts.restarts;
    },
    get failures() {
      return counts.failures;
    },
    get lastEnd() {
      return lastEnd;
    },
    markReady: () => {
      counts.failures = 0;
    },
    signal: (signal) => {
      if (child?.pid !== undefined) signalTree(child.pid, signal);
    },
    stop: async (graceMs) => {
      stopping = true;
      clearTimeout(timer);
      if (child) await terminate(child, graceMs);
    },
  };
}

/** How long to wait before restart number `failures` (from 1): doubled each time, bounded. */
function restartDelayMs(failures: number, firstDelayMs: number, maxDelayMs: number): number {
  return Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20));
}

/** Starts the program once; `ended` is called exactly once, however it ends. */
function spawnOnce(spec: ProcessSpec, ended: (how: string) => void): ChildProcess {
  const log = openSync(spec.logFile, 'a', 0o600);
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    // A group of its own: Ctrl-C in the terminal reaches only us, and its children can be ended with it.
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let done = false;
  const once = (how: string): void => {
    if (done) return;
    done = true;
    ended(how);
  };
  child.once('error', (error) => once(error.message));
  child.once('exit', (code, signal) => once(signal ? `signal ${signal}` : `exit code ${code}`));
  return child;
}

async function terminate(child: ChildProcess, graceMs: number): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // A stopped process (SIGSTOP) takes no SIGTERM until it goes on.
  signalTree(pid, 'SIGCONT');
  signalTree(pid, 'SIGTERM');
  const killer = setTimeout(() => signalTree(pid, 'SIGKILL'), graceMs);
  await gone;
  clearTimeout(killer);
}
