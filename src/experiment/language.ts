import type { Arrivals } from '../load/arrivals.ts';
import type { EdgeUnderTest } from './edge-under-test.ts';
import type { Evidence } from './evidence.ts';
import type { Fault } from './faults/fault.ts';
import type { ResourceBody } from './resource.ts';

/** What is varied, by name, e.g. `{ failureProbability: 0.5, retries: 2 }`. */
export type Factors = Readonly<Record<string, number>>;

/** A mean over requests with a predicted value: it is confirmed, refuted, or not measured well enough. */
export interface MeanMetric<F extends Factors = Factors> {
  kind: 'mean';
  name: string;
  /** Short, for a table's head. */
  label: string;
  unit: 'share' | 'attempts per request';
  /** As people write it, e.g. `p^(n+1)`. */
  formula: string;
  predict(factors: F): number;
  /** What one request can contribute at least and at most: what the intervals are computed from. */
  range(factors: F): { low: number; high: number };
  /** The mean over all requests of the cell. */
  observe(evidence: Evidence): number;
  /** Half the width of the shown interval that is good enough; it sets the number of requests. */
  margin: number;
}

/** A greatest value over requests, with an exact prediction. */
export interface MaximumMetric<F extends Factors = Factors> {
  kind: 'maximum';
  name: string;
  label: string;
  unit: 'attempts';
  formula: string;
  predict(factors: F): number;
  /** Chance of one request to reach the predicted value: it sets the number of requests, too. */
  reachProbability(factors: F): number;
  observe(evidence: Evidence): number;
}

/** Either. */
export type Metric<F extends Factors = Factors> = MeanMetric<F> | MaximumMetric<F>;

/** An edge outside the experiment that must stay healthy while it runs: else the experiment stops and reverts. */
export interface Guard {
  edge: EdgeUnderTest;
  /** Time between two probes. */
  everyMs: number;
  /** So many failures in a row trip it. */
  failures: number;
}

/**
 * Where the requests of a load come from, where it makes a difference: on a cluster.
 *
 * - `mesh`: a pod of its own in the cluster, with the caller's identity, labels and a sidecar of its own; nothing but that
 *   sidecar is between the generator and the callee
 * - `outside`: this machine; each connection is carried into a pod of the caller, and goes on from there through its sidecar.
 *   The way there is part of every latency.
 *
 * On the local mesh both are the same process of this machine.
 */
export type LoadOrigin = 'mesh' | 'outside';

/** What to do when the generator itself was late. */
export interface LagGate {
  /** Greatest p99 of send lag at which latencies count. */
  p99Ms: number;
  /** `latency-only`: the hypothesis is not about time, so only latencies are marked. `invalid`: the cell proves nothing. */
  beyond: 'latency-only' | 'invalid';
}

/**
 * An experiment: a hypothesis with numbers, and how to test it. A plain value, so that it can be listed, checked and
 * compiled without running; made by {@link experimentsOn}, which fills in what the topology knows.
 */
export interface Experiment<F extends Factors = Factors> {
  /** As the command line names it. */
  name: string;
  /** Its row in the catalogue, e.g. `T1`. */
  reference: string;
  title: string;
  hypothesis: {
    /** One sentence that can be false. */
    statement: string;
    /** Where the formulas come from. */
    source: string;
    /** What must hold for the formulas to apply. */
    assumptions: readonly string[];
  };
  edges: readonly EdgeUnderTest[];
  /** One cell for each edge and each of these. */
  factors: readonly F[];
  /** Factors without any fault: the baseline. */
  calm: F;
  /** The policy under test, as resources that replace those of the manifests. */
  policy(edge: EdgeUnderTest, factors: F): ResourceBody[];
  /** Null: no fault, as in the baseline. */
  fault(edge: EdgeUnderTest, factors: F): Fault | null;
  load: {
    arrivals: Arrivals;
    /** @default 'mesh' */
    from?: LoadOrigin;
    /** Bound of the generator on one request; far above what is measured. */
    timeoutMs: number;
    maxOutstanding: number;
  };
  metrics: readonly Metric<F>[];
  statistics: {
    /** Confidence of the intervals that are shown, and that margins refer to. */
    shownConfidence: number;
    /** Chance of refuting any cell of a system that does what the hypothesis says. */
    familyAlpha: number;
    /** Requests of a cell at least, whatever the margins ask for. */
    minimumRequests: number;
    /** A cell that would take more is refused before anything runs. */
    maximumRequests: number;
  };
  phases: { baselineRequests: number; gateRequests: number; recoveryRequests: number };
  lagGate: LagGate;
  guards: readonly Guard[];
  /** What must hold for `confirmed`, in words. */
  success: string;
}

/** One cell: an edge with one combination of factors. */
export interface Cell<F extends Factors = Factors> {
  edge: EdgeUnderTest;
  factors: F;
  /** From 0, in the order of the report. */
  index: number;
}

/** All cells, edge by edge. */
export function cellsOf<F extends Factors>(experiment: Experiment<F>): Cell<F>[] {
  const combinations = experiment.edges.flatMap((edge) =>
    experiment.factors.map((factors) => ({ edge, factors })),
  );
  return combinations.map((combination, index) => ({ ...combination, index }));
}

/** Every combination of the given levels, the first factor varying slowest. */
export function combine<Name extends string>(
  levels: Readonly<Record<Name, readonly number[]>>,
): Readonly<Record<Name, number>>[] {
  let combinations: Record<string, number>[] = [{}];
  for (const [name, values] of Object.entries<readonly number[]>(levels)) {
    combinations = combinations.flatMap((base) =>
      values.map((value) => ({ ...base, [name]: value })),
    );
  }
  return combinations as Record<Name, number>[];
}
