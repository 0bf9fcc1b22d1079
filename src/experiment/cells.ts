import type { Evidence } from './evidence.ts';
import { judgeCell } from './judge.ts';
import type { Lane } from './lane.ts';
import type { Cell, Factors } from './language.ts';
import type { CellResult } from './result.ts';
import type { RunContext } from './run-context.ts';
import { requestsOf } from './sizing.ts';

/** Requests of a cell in this run: its sample size, unless the user asked for a bound. */
function plannedRequests<F extends Factors>(context: RunContext<F>, cell: Cell<F>): number {
  const { requestsAtMost = Number.POSITIVE_INFINITY } = context.options;
  return Math.min(requestsOf(context.experiment, cell), requestsAtMost);
}

/**
 * Runs one cell: lays policy and fault over the manifests, sees with a short burst that the fault takes effect at all,
 * loads the edge, and judges what was seen. Undefined when the run was stopped in the middle.
 */
export async function runCell<F extends Factors>(
  context: RunContext<F>,
  lane: Lane,
  cell: Cell<F>,
): Promise<CellResult | undefined> {
  const { experiment, family, stop } = context;
  const { edge, factors, index } = cell;
  const requests = plannedRequests(context, cell);
  const fault = experiment.fault(edge, factors);
  const { enforcedMs } = await lane.apply(experiment.policy(edge, factors), fault);
  const described = { edge: edge.id, protocol: edge.protocol, factors, requests, enforcedMs };

  if (fault !== null) {
    const gate = await lane.measure(`gate${index}`, experiment.phases.gateRequests, fault);
    if (stop.aborted) return undefined;
    if (sum(gate.callee.faultedByNumber) === 0) {
      return { ...described, ...withoutEffect(gate) };
    }
  }
  const evidence = await lane.measure(`cell${index}`, requests, fault);
  if (stop.aborted) return undefined;
  const judgement = judgeCell(
    experiment,
    factors,
    fault?.probability ?? null,
    evidence,
    family.alphaPerComparison,
  );
  const { load, caller, callee } = evidence;
  return { ...described, ...judgement, load, caller, callee };
}

function sum(counts: number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function withoutEffect({
  callee,
}: Evidence): Omit<CellResult, 'edge' | 'protocol' | 'factors' | 'requests' | 'enforcedMs'> {
  return {
    verdict: 'invalid',
    reasons: [
      `the fault did not take effect: the callee's sidecar saw ${callee.attempts} attempts, and failed none of them`,
    ],
    metrics: [],
    gate: null,
    checks: [],
    load: null,
    caller: null,
    callee,
    latencyTrusted: false,
  };
}
