import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessStatus } from '../control/control.ts';
import type { Guard } from '../processes/guard.ts';
import {
  type ManagedProcess,
  type ProcessSpec,
  startProcess,
} from '../processes/managed-process.ts';

/** One process of a pod, with its health. */
export interface Part {
  kind: ProcessStatus['kind'];
  name: string;
  logFile: string;
  /** What it takes for it to be ready, in words. */
  awaits: string;
  process: ManagedProcess;
  isReady(): boolean;
  state(): ProcessStatus['state'];
  /** Stops asking for its health; what runs goes on. */
  close(): void;
}

/** What {@link startPart} needs. */
export interface PartOptions {
  kind: ProcessStatus['kind'];
  name: string;
  spec: ProcessSpec;
  awaits: string;
  guard: Guard;
  /** Whether it may be sent requests. */
  check(): Promise<boolean>;
  /** Whether it hangs and must be started anew. */
  isStuck?: (() => Promise<boolean>) | undefined;
  readinessChanged(): void;
  processChanged(): void;
}

// Kubernetes' defaults: periodSeconds 10, failureThreshold 3; while a process comes up it is asked far more often.
const steadyPeriodMs = 10_000;
const failureThreshold = 3;
const startPeriodMs = 25;

/** Starts a process and asks for its health until it is closed; an end of the process is noticed at once. */
export function startPart(options: PartOptions): Part {
  const { kind, name, spec, awaits, guard, check, isStuck, readinessChanged, processChanged } =
    options;
  let ready = false;
  let wasReady = false;
  let misses = 0;
  let hangs = 0;
  const closing = new AbortController();
  let pause = new AbortController();

  const setReady = (value: boolean): void => {
    if (ready === value) return;
    ready = value;
    wasReady ||= value;
    readinessChanged();
  };
  const child = startProcess(spec, {
    guard,
    onStart: processChanged,
    onExit: () => {
      setReady(false);
      pause.abort();
      processChanged();
    },
  });

  const ask = async (): Promise<void> => {
    const { pid } = child;
    const ok = pid !== undefined && (await check());
    // What was asked may have ended meanwhile; its successor has to answer for itself.
    if (closing.signal.aborted || pid !== child.pid) return;
    misses = ok ? 0 : misses + 1;
    if (ok) child.markReady();
    if (ok || misses >= failureThreshold) setReady(ok);
    if (!ready || !isStuck) return;
    hangs = (await isStuck()) ? hangs + 1 : 0;
    if (hangs >= failureThreshold && pid === child.pid) child.signal('SIGKILL');
  };
  const watch = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await ask();
      pause = new AbortController();
      const periodMs = ready ? steadyPeriodMs : startPeriodMs;
      await sleep(periodMs, undefined, {
        signal: AbortSignal.any([pause.signal, closing.signal]),
      }).catch(() => {});
    }
  };
  void watch();

  return {
    kind,
    name,
    logFile: spec.logFile,
    awaits,
    process: child,
    isReady: () => ready,
    state: () => {
      if (closing.signal.aborted) return 'stopped';
      if (child.pid === undefined) return 'failed';
      if (ready) return 'ready';
      return wasReady ? 'unready' : 'starting';
    },
    close: () => {
      closing.abort();
      ready = false;
    },
  };
}
