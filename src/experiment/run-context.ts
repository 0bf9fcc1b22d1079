import type { Progress } from '../progress.ts';
import type { Target } from '../target/target.ts';
import type { Cell, Experiment, Factors } from './language.ts';
import { type Family, familyOf } from './sizing.ts';
import type { Traffic } from './traffic.ts';

/** What {@link runExperiment} takes beside the experiment. */
export interface RunOptions {
  target: Target;
  /** How requests are made: {@link networkTraffic}, unless in a test. */
  traffic: Traffic;
  progress: Progress;
  /** Aborting it stops the load, reverts everything and gives an `invalid` result; the promise still resolves. */
  signal: AbortSignal;
  /** The same seed gives the same schedule of arrivals. */
  seed: number;
  /** Distinguishes this run's requests from all others: letters and digits. */
  runId: string;
  /** Wall clock at the start, for the report. */
  startedAt: Date;
  /** A monotonic clock. @default performance.now */
  nowMs?: () => number;
  /** Requests per second on each edge. @default the experiment's */
  ratePerSecond?: number;
  /** Only these cells. @default all */
  cells?: (cell: Cell) => boolean;
  /** Requests of a cell at most: quicker, and `inconclusive` where a margin needs more. @default no bound */
  requestsAtMost?: number;
  /** Time between two looks at logs and counters after a load, until both sides agree; 20 looks at most. @default 100 */
  settleMs?: number;
}

/** What all phases of one run share. */
export interface RunContext<F extends Factors = Factors> {
  experiment: Experiment<F>;
  options: RunOptions;
  family: Family;
  nowMs: () => number;
  ratePerSecond: number;
  /** Aborted by Ctrl-C, a guard, or an error in one lane: every load ends. */
  stop: AbortSignal;
  /** Stops the run; the first reason is the one that is reported. */
  stopBecause(reason: string): void;
  stopReason(): string | undefined;
}

/** Prepares a run; `dispose` takes its listener off the caller's signal. */
export function createRunContext<F extends Factors>(
  experiment: Experiment<F>,
  options: RunOptions,
): RunContext<F> & { dispose(): void } {
  const controller = new AbortController();
  let reason: string | undefined;
  const stopBecause = (because: string): void => {
    reason ??= because;
    controller.abort();
  };
  const interrupted = (): void => stopBecause('interrupted');
  if (options.signal.aborted) interrupted();
  options.signal.addEventListener('abort', interrupted, { once: true });
  return {
    experiment,
    options,
    family: familyOf(experiment),
    nowMs: options.nowMs ?? (() => performance.now()),
    ratePerSecond: options.ratePerSecond ?? experiment.load.arrivals.ratePerSecond,
    stop: controller.signal,
    stopBecause,
    stopReason: () => reason,
    dispose: () => options.signal.removeEventListener('abort', interrupted),
  };
}
