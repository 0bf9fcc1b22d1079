import { WindtunnelError } from '../errors.ts';
import {
  type Cell,
  cellsOf,
  type Experiment,
  type Factors,
  type MeanMetric,
  type Metric,
} from './language.ts';
import { alphaPerComparison, requestsToSee, sampleSize } from './statistics.ts';

/** How certain the verdicts of one experiment are. */
export interface Family {
  /** Every metric of every cell, and one gate a cell. */
  comparisons: number;
  alphaPerComparison: number;
}

/** The family of comparisons that share the experiment's alpha. */
export function familyOf<F extends Factors>(experiment: Experiment<F>): Family {
  const comparisons = cellsOf(experiment).length * (experiment.metrics.length + 1);
  return {
    comparisons,
    alphaPerComparison: alphaPerComparison(experiment.statistics.familyAlpha, comparisons),
  };
}

/**
 * Requests for the margin of a mean, at its predicted value. Of all values with that mean between the ends of their
 * range, the two-valued one varies most: it is the one to size for.
 */
export function requestsForMean<F extends Factors>(
  metric: MeanMetric<F>,
  factors: F,
  shownConfidence: number,
): number {
  const { low, high } = metric.range(factors);
  const width = high - low;
  if (width === 0) return 1;
  const share = (metric.predict(factors) - low) / width;
  return sampleSize(share, metric.margin / width, shownConfidence);
}

/**
 * Requests of a cell, computed before anything runs: the most that any of its metrics asks for.
 * Throws `bad-experiment` when that is beyond the experiment's `maximumRequests`.
 */
export function requestsOf<F extends Factors>(experiment: Experiment<F>, cell: Cell<F>): number {
  const { shownConfidence, minimumRequests, maximumRequests } = experiment.statistics;
  const alpha = familyOf(experiment).alphaPerComparison;
  const needed = experiment.metrics.map((metric) => ({
    name: metric.name,
    requests: requestsFor(metric, cell.factors, shownConfidence, alpha),
  }));
  const most = needed.reduce((a, b) => (b.requests > a.requests ? b : a));
  if (most.requests > maximumRequests) {
    throw new WindtunnelError(
      'bad-experiment',
      `${experiment.name}: '${most.name}' at ${JSON.stringify(cell.factors)} takes ${most.requests} requests, and a cell may have ${maximumRequests}`,
      { next: 'Widen the margin, or raise maximumRequests.' },
    );
  }
  return Math.max(minimumRequests, most.requests);
}

function requestsFor<F extends Factors>(
  metric: Metric<F>,
  factors: F,
  shownConfidence: number,
  alpha: number,
): number {
  return metric.kind === 'mean'
    ? requestsForMean(metric, factors, shownConfidence)
    : requestsToSee(metric.reachProbability(factors), alpha);
}
