import { type Evidence, crossChecks } from './evidence.ts';
import type { Experiment, Factors, MaximumMetric, MeanMetric, Metric } from './language.ts';
import type { CellResult, MetricResult, Verdict } from './result.ts';
import { requestsForMean } from './sizing.ts';
import { guaranteedInterval, type Interval, wilsonInterval } from './statistics.ts';

/** Worst first: one invalid cell makes the whole proof doubtful, one refuted cell refutes the whole. */
const order = ['invalid', 'refuted', 'inconclusive', 'confirmed'] as const;

/** The verdict of a whole from those of its parts; of nothing at all it is `invalid`. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'invalid';
}

/** Judges one metric of one cell by what was seen. */
function judgeMetric<F extends Factors>(
  metric: Metric<F>,
  factors: F,
  evidence: Evidence,
  level: { shownConfidence: number; alpha: number },
): MetricResult {
  return metric.kind === 'mean'
    ? judgeMean(metric, factors, evidence, level.shownConfidence, level.alpha)
    : judgeMaximum(metric, factors, evidence, level.alpha);
}

/** Whether the fault took effect: the share of FIRST attempts that it answered, as their number is fixed beforehand. */
function judgeGate(
  probability: number,
  evidence: Evidence,
  alpha: number,
): NonNullable<CellResult['gate']> {
  const first = evidence.callee.byNumber[0] ?? 0;
  const measured = first === 0 ? 0 : (evidence.callee.faultedByNumber[0] ?? 0) / first;
  const tested = guaranteedInterval(measured, first, alpha);
  return { predicted: probability, measured, tested, holds: contains(tested, probability) };
}

/** The part of a {@link CellResult} that follows from the evidence. */
export type Judgement = Pick<
  CellResult,
  'verdict' | 'reasons' | 'metrics' | 'gate' | 'checks' | 'latencyTrusted'
>;

/**
 * Judges one cell. It is `invalid`, whatever the metrics say, when the parties' counts disagree, the fault had not the
 * strength it was set to, or requests were not made; else the worst verdict of its metrics.
 */
export function judgeCell<F extends Factors>(
  experiment: Experiment<F>,
  factors: F,
  probability: number | null,
  evidence: Evidence,
  alpha: number,
): Judgement {
  const { shownConfidence } = experiment.statistics;
  const metrics = experiment.metrics.map((metric) =>
    judgeMetric(metric, factors, evidence, { shownConfidence, alpha }),
  );
  const checks = crossChecks(evidence);
  const gate = probability === null ? null : judgeGate(probability, evidence, alpha);
  const lagMs = evidence.load.sendLag.p99Ms;
  const { p99Ms: boundMs, beyond } = experiment.lagGate;
  const latencyTrusted = lagMs <= boundMs;

  const broken = checks
    .filter((check) => !check.holds)
    .map((check) => `counts disagree: ${check.name} (${check.left} and ${check.right})`);
  if (gate !== null && !gate.holds) {
    broken.push(
      `the fault did not take effect as set: ${digits(gate.predicted)} of attempts were to fail, ${digits(gate.measured)} did`,
    );
  }
  const { notSent, stopped } = evidence.load;
  if (notSent > 0) broken.push(`${notSent} requests were not made: too many were under way`);
  if (stopped > 0) broken.push(`${stopped} requests were not made: the run was stopped`);
  if (!latencyTrusted && beyond === 'invalid') {
    broken.push(
      `the generator was late: p99 of its lag is ${digits(lagMs)} ms, over ${boundMs} ms`,
    );
  }
  const verdict = broken.length > 0 ? 'invalid' : worstVerdict(metrics.map((m) => m.verdict));
  const reasons = broken.length > 0 ? broken : metrics.map((m) => m.reason).filter((r) => r !== '');
  return { verdict, reasons, metrics, gate, checks, latencyTrusted };
}

function contains({ low, high }: Interval, value: number): boolean {
  return low <= value && value <= high;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function judgeMean<F extends Factors>(
  metric: MeanMetric<F>,
  factors: F,
  evidence: Evidence,
  shownConfidence: number,
  alpha: number,
): MetricResult {
  const { low, high } = metric.range(factors);
  const width = high - low;
  const predicted = metric.predict(factors);
  const measured = metric.observe(evidence);
  const scaled = ({ low: from, high: to }: Interval): Interval => ({
    low: low + from * width,
    high: low + to * width,
  });
  // A value beyond its range cannot come from the predicted distribution; the check below refutes it.
  const share = width === 0 ? 0 : Math.min(1, Math.max(0, (measured - low) / width));
  const shown = scaled(wilsonInterval(share, evidence.requests, shownConfidence));
  const tested = scaled(guaranteedInterval(share, evidence.requests, alpha));
  const outside = measured < low - 1e-9 || measured > high + 1e-9;
  const judged = ((): { verdict: Verdict; reason: string } => {
    if (outside || !contains(tested, predicted)) {
      const range = outside ? { low, high } : tested;
      return {
        verdict: 'refuted',
        reason: `${metric.name}: predicted ${digits(predicted)}, measured ${digits(measured)}; possible were ${digits(range.low)} to ${digits(range.high)}`,
      };
    }
    // By the size and not by the interval: its width varies with what was measured, so by chance as well.
    const needed = requestsForMean(metric, factors, shownConfidence);
    if (evidence.requests < needed) {
      return {
        verdict: 'inconclusive',
        reason: `${metric.name}: agrees so far, but to know it to ±${digits(metric.margin)} takes ${needed} requests; ${evidence.requests} were made`,
      };
    }
    return { verdict: 'confirmed', reason: '' };
  })();
  const { name, label, kind, unit, formula, margin } = metric;
  return {
    name,
    label,
    kind,
    unit,
    formula,
    predicted,
    measured,
    shown,
    tested,
    margin,
    ...judged,
  };
}

function judgeMaximum<F extends Factors>(
  metric: MaximumMetric<F>,
  factors: F,
  evidence: Evidence,
  alpha: number,
): MetricResult {
  const predicted = metric.predict(factors);
  const measured = metric.observe(evidence);
  const chance = (1 - metric.reachProbability(factors)) ** evidence.requests;
  const verdict: Verdict =
    measured === predicted
      ? 'confirmed'
      : measured > predicted || chance < alpha
        ? 'refuted'
        : 'inconclusive';
  const reason =
    verdict === 'confirmed' ? '' : `${metric.name}: predicted ${predicted}, measured ${measured}`;
  const { name, label, kind, unit, formula } = metric;
  const described = { name, label, kind, unit, formula, predicted, measured };
  return { ...described, shown: null, tested: null, margin: null, verdict, reason };
}
