import type { Step } from '../progress.ts';
import { WindtunnelError } from '../errors.ts';
import { runCell } from './cells.ts';
import { describeResult } from './describe-result.ts';
import { crossChecks, type Evidence } from './evidence.ts';
import { type GuardWatch, watchGuard } from './guard-watch.ts';
import { type Lane, openLane } from './lane.ts';
import { type Cell, cellsOf, type Experiment, type Factors } from './language.ts';
import { checkExperiment } from './preflight.ts';
import type { CellResult, ExperimentResult, GuardResult, PhaseResult } from './result.ts';
import { createRunContext, type RunContext, type RunOptions } from './run-context.ts';

/**
 * Runs an experiment: preflight, baseline, treatment with a gate in each cell, revert, recovery, verdict.
 *
 * Whatever happens after the first change (Ctrl-C, a tripped guard, an error), everything that was applied is reverted
 * before this returns. Ctrl-C and guards give an `invalid` result; an error of the target rejects, after the revert.
 * Throws `bad-experiment` before anything runs when the experiment cannot prove what it claims.
 */
export async function runExperiment<F extends Factors>(
  experiment: Experiment<F>,
  options: RunOptions,
): Promise<ExperimentResult> {
  checkExperiment(experiment);
  const context = createRunContext(experiment, options);
  const startMs = context.nowMs();
  const phases: PhaseResult[] = [];
  const phase = createPhaseRunner(context, phases, startMs);
  const lanes: Lane[] = [];
  const cells: CellResult[] = [];
  const guards: GuardResult[] = [];
  try {
    await phase('preflight', (step) => preflight(context, lanes, step));
    await withRevert(context, lanes, phase, async () => {
      await phase('baseline', () => baseline(context, lanes));
      await phase('treatment', (step) => treatment(context, lanes, cells, guards, step));
    });
    await phase('recovery', () => recovery(context, lanes));
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
    context.dispose();
  }
  const durationMs = context.nowMs() - startMs;
  return describeResult(context, { phases, cells, guards, durationMs });
}

type PhaseRunner = (name: string, work: (step: Step) => Promise<string>) => Promise<void>;

/** Runs a phase unless the run was stopped. A phase says what it found; one that stops the run has failed. */
function createPhaseRunner<F extends Factors>(
  context: RunContext<F>,
  phases: PhaseResult[],
  startMs: number,
): PhaseRunner {
  return async (name, work) => {
    if (context.stop.aborted && name !== 'revert') return;
    const { progress } = context.options;
    const startedMs = context.nowMs() - startMs;
    const record = (passed: boolean, detail: string): void => {
      const durationMs = context.nowMs() - startMs - startedMs;
      phases.push({ name, startedMs, durationMs, passed, detail });
    };
    const stoppedBefore = context.stop.aborted;
    try {
      await progress.step(`${context.experiment.name}: ${name}`, async (step) => {
        const detail = await work(step);
        const stoppedHere = context.stop.aborted && !stoppedBefore;
        const told = stoppedHere ? (context.stopReason() ?? '') : detail;
        step.update(told);
        record(!stoppedHere, told);
      });
    } catch (thrown) {
      record(false, WindtunnelError.from(thrown).message);
      throw thrown;
    }
  };
}

async function preflight<F extends Factors>(
  context: RunContext<F>,
  lanes: Lane[],
  step: Step,
): Promise<string> {
  await openLanes(context, lanes, step);
  for (const lane of lanes) {
    // A run that was killed may have left its policy and fault behind.
    await lane.revert();
    const outcome = await lane.probe('preflight');
    if (outcome !== 'http 200' && outcome !== 'grpc 0') {
      context.stopBecause(`${lane.edge.id} answers ${outcome} before anything was changed`);
    }
  }
  return `${lanes.length} edges answer`;
}

/** All at once: a lane may have to wait for a pod. What was opened is in `lanes`, also when one fails. */
async function openLanes<F extends Factors>(
  context: RunContext<F>,
  lanes: Lane[],
  step: Step,
): Promise<void> {
  const { edges } = context.experiment;
  const opening = edges.map((edge) => openLane(context, edge, (text) => step.update(text)));
  const settled = await Promise.allSettled(opening);
  lanes.push(...settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function withRevert<F extends Factors>(
  context: RunContext<F>,
  lanes: Lane[],
  phase: PhaseRunner,
  work: () => Promise<void>,
): Promise<void> {
  if (context.stop.aborted) return;
  let failure: unknown;
  try {
    await work();
  } catch (thrown) {
    failure = thrown;
  }
  const { target } = context.options;
  const where = target.name === 'local' ? '' : ` --target ${target.name}`;
  await phase('revert', async () => {
    // All of them, even if one fails: what can be restored is.
    const settled = await Promise.allSettled(lanes.map((lane) => lane.revert()));
    const failed = settled.filter((one) => one.status === 'rejected');
    if (failed.length === 0) return 'the policies of the manifests are in force again';
    const [first] = failed;
    throw new WindtunnelError(
      'call-failed',
      `could not revert ${failed.length} of ${lanes.length} edges: ${WindtunnelError.from(first?.reason).message}`,
      {
        cause: failure ?? first?.reason,
        next: `They go when their lease ends, or now: windtunnel experiment revert ${context.experiment.name}${where}`,
      },
    );
  });
  if (failure !== undefined) throw failure;
}

function problemsOf({ load, callee }: Evidence): string[] {
  const bad = load.scheduled - load.classes.success;
  const faulted = callee.faultedByNumber.reduce((total, count) => total + count, 0);
  const how = Object.entries(load.outcomes).filter(([label]) => !/^(?:http 2|grpc 0$)/.test(label));
  const told = how.map(([label, count]) => `${label}: ${count}`).join(', ');
  return [
    ...(bad === 0 ? [] : [`${bad} of ${load.scheduled} requests failed (${told || 'not made'})`]),
    ...(faulted === 0 ? [] : [`${faulted} attempts were still answered by a fault`]),
  ];
}

async function baseline<F extends Factors>(context: RunContext<F>, lanes: Lane[]): Promise<string> {
  const { calm, phases, policy } = context.experiment;
  await eachLane(context, lanes, async (lane) => {
    await lane.apply(policy(lane.edge, calm), null);
    const evidence = await lane.measure('baseline', phases.baselineRequests, null);
    const disagreeing = crossChecks(evidence).filter(({ holds }) => !holds);
    const problems = [
      ...problemsOf(evidence),
      ...disagreeing.map(
        ({ name, left, right }) => `counts disagree: ${name} (${left} and ${right})`,
      ),
    ];
    if (problems.length > 0) {
      context.stopBecause(`baseline of ${lane.edge.id} is not clean: ${problems.join('; ')}`);
    }
  });
  return `0 of ${lanes.length * phases.baselineRequests} requests failed without a fault`;
}

async function treatment<F extends Factors>(
  context: RunContext<F>,
  lanes: Lane[],
  results: CellResult[],
  guards: GuardResult[],
  step: Step,
): Promise<string> {
  const chosen = cellsOf(context.experiment).filter(
    (cell) => context.options.cells?.(cell as unknown as Cell) ?? true,
  );
  const watches = await startGuards(context);
  try {
    await eachLane(context, lanes, async (lane) => {
      for (const cell of chosen.filter(({ edge }) => edge.id === lane.edge.id)) {
        if (context.stop.aborted) return;
        const result = await runCell(context, lane, cell);
        if (result !== undefined) results.push(result);
        step.update(`${results.length} of ${chosen.length} cells`);
      }
    });
  } finally {
    await Promise.all(watches.map((watch) => watch.stop()));
    guards.push(...watches.map((watch) => watch.result()));
  }
  return `${results.length} of ${chosen.length} cells`;
}

/** A guard that answers later than that has failed. */
const guardTimeoutMs = 2000;

async function startGuards<F extends Factors>(context: RunContext<F>): Promise<GuardWatch[]> {
  const { experiment, options } = context;
  const watches: GuardWatch[] = [];
  for (const [index, guard] of experiment.guards.entries()) {
    const { edge } = guard;
    const source = await options.traffic.open(edge, guardTimeoutMs);
    const prefix = `guard-${options.runId}-${index}-`;
    watches.push(watchGuard(guard, source, prefix, context.stopBecause));
  }
  return watches;
}

async function recovery<F extends Factors>(context: RunContext<F>, lanes: Lane[]): Promise<string> {
  const { recoveryRequests } = context.experiment.phases;
  await eachLane(context, lanes, async (lane) => {
    const evidence = await lane.measure('recovery', recoveryRequests, null);
    const problems = problemsOf(evidence);
    if (problems.length > 0) {
      context.stopBecause(`${lane.edge.id} has not recovered: ${problems.join('; ')}`);
    }
  });
  return `0 of ${lanes.length * recoveryRequests} requests failed after the revert`;
}

/** Works on all lanes at once. An error in one stops the others, and is thrown when all have ended. */
async function eachLane<F extends Factors>(
  context: RunContext<F>,
  lanes: Lane[],
  work: (lane: Lane) => Promise<void>,
): Promise<void> {
  const settled = await Promise.allSettled(
    lanes.map(async (lane) => {
      try {
        await work(lane);
      } catch (thrown) {
        context.stopBecause(WindtunnelError.from(thrown).message);
        throw thrown;
      }
    }),
  );
  const failed = settled.find((one) => one.status === 'rejected');
  // What an interrupted wait throws is a consequence, not the reason.
  if (failed !== undefined && !context.options.signal.aborted) throw failed.reason;
}
