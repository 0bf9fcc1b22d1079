import { availableParallelism } from 'node:os';
import { worstVerdict } from './judge.ts';
import { type Experiment, cellsOf, type Factors } from './language.ts';
import type { CellResult, ExperimentResult } from './result.ts';
import type { RunContext } from './run-context.ts';

/** Sorts cells as the experiment lists them: lanes finish theirs in any order. */
function inReportOrder<F extends Factors>(
  experiment: Experiment<F>,
  cells: readonly CellResult[],
): CellResult[] {
  const key = (edge: string, factors: object): string => `${edge} ${JSON.stringify(factors)}`;
  const order = cellsOf(experiment).map(({ edge, factors }) => key(edge.id, factors));
  const place = (cell: CellResult): number => order.indexOf(key(cell.edge, cell.factors));
  return [...cells].sort((a, b) => place(a) - place(b));
}

/** Puts a finished (or stopped) run into its result, with the verdict over all cells. */
export function describeResult<F extends Factors>(
  context: RunContext<F>,
  seen: Pick<ExperimentResult, 'phases' | 'guards' | 'cells' | 'durationMs'>,
): ExperimentResult {
  const { experiment, options, family, ratePerSecond } = context;
  const { name, reference, title, hypothesis, success, load, statistics } = experiment;
  const stopReason = context.stopReason();
  const reasons = seen.cells.flatMap((cell) =>
    cell.reasons.map((reason) => `${cell.edge} ${JSON.stringify(cell.factors)}: ${reason}`),
  );
  return {
    schemaVersion: 1,
    experiment: {
      name,
      reference,
      title,
      success,
      statement: hypothesis.statement,
      source: hypothesis.source,
      assumptions: [...hypothesis.assumptions],
    },
    target: options.target.name,
    runId: options.runId,
    startedAt: options.startedAt.toISOString(),
    durationMs: seen.durationMs,
    seed: options.seed,
    load: {
      arrivals: load.arrivals.kind,
      from: load.from ?? 'mesh',
      ratePerSecond,
      timeoutMs: load.timeoutMs,
      maxOutstanding: load.maxOutstanding,
    },
    statistics: {
      shownConfidence: statistics.shownConfidence,
      familyAlpha: statistics.familyAlpha,
      ...family,
    },
    environment: {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cpus: availableParallelism(),
    },
    phases: seen.phases,
    guards: seen.guards,
    cells: inReportOrder(experiment, seen.cells),
    verdict:
      stopReason === undefined ? worstVerdict(seen.cells.map((cell) => cell.verdict)) : 'invalid',
    reasons: stopReason === undefined ? reasons : [stopReason, ...reasons],
  };
}
