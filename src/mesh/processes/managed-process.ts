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

/** How long to wait before restart number `failures` (from 1): doubled each time, bounded. */
export function restartDelayMs(failures: number, firstDelayMs: number, maxDelayMs: number): number {
  return Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20));
}

/** Starts a process and restarts it with growing delays whenever it ends by itself. */
export function startProcess(spec: ProcessSpec, options: SupervisionOptions): ManagedProcess {
  const { guard, onExit, onStart, firstDelayMs = 100, maxDelayMs = 5000 } = options;
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  let restarts = 0;
  let failures = 0;
  let lastEnd: string | undefined;

  const ended = (how: string): void => {
    const pid = child?.pid;
    child = undefined;
    lastEnd = how;
    if (pid !== undefined) {
      // What it started itself must not live on beside its successor.
      signalTree(pid, 'SIGKILL');
      guard.remove(pid);
    }
    if (!stopping) {
      failures++;
      timer = setTimeout(
        () => {
          restarts++;
          run();
        },
        restartDelayMs(failures, firstDelayMs, maxDelayMs),
      );
    }
    onExit();
  };

  const run = (): void => {
    if (stopping) return;
    const log = openSync(spec.logFile, 'a', 0o600);
    const started = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      // A group of its own: Ctrl-C in the terminal reaches only us, and its children can be ended with it.
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child = started;
    if (started.pid !== undefined) guard.add(started.pid);
    let done = false;
    const once = (how: string): void => {
      if (done) return;
      done = true;
      ended(how);
    };
    started.once('error', (error) => once(error.message));
    started.once('exit', (code, signal) => once(signal ? `signal ${signal}` : `exit code ${code}`));
    onStart();
  };
  run();

  return {
    get pid() {
      return child?.pid;
    },
    get restarts() {
      return restarts;
    },
    get failures() {
      return failures;
    },
    get lastEnd() {
      return lastEnd;
    },
    markReady: () => {
      failures = 0;
    },
    signal: (signal) => {
      if (child?.pid !== undefined) signalTree(child.pid, signal);
    },
    stop: async (graceMs) => {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (running?.pid === undefined) return;
      const { pid } = running;
      const gone = new Promise<void>((resolve) => running.once('exit', () => resolve()));
      // A stopped process (SIGSTOP) takes no SIGTERM until it goes on.
      signalTree(pid, 'SIGCONT');
      signalTree(pid, 'SIGTERM');
      const killer = setTimeout(() => signalTree(pid, 'SIGKILL'), graceMs);
      await gone;
      clearTimeout(killer);
    },
  };
}
