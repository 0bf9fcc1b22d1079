import type { CellResult, MetricResult, Verdict } from '../experiment/result.ts';

/** A share as percent, to three digits and at most two decimals: `12.5`, `0.16`. */
function percent(share: number): string {
  const value = share * 100;
  if (value === 0) return '0';
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A metric's value in its unit, without the unit. */
export function metricValue(metric: Pick<MetricResult, 'unit'>, value: number): string {
  if (metric.unit === 'share') return percent(value);
  return Number.isInteger(value) && metric.unit === 'attempts' ? String(value) : value.toFixed(3);
}

/** A metric's unit as a heading has it. */
export function metricUnit({ unit }: Pick<MetricResult, 'unit'>): string {
  return unit === 'share' ? '%' : unit;
}

/** Measured value with its shown interval: `12.4 (11.5–13.4)`. */
export function measuredText(metric: MetricResult): string {
  const value = metricValue(metric, metric.measured);
  if (metric.shown === null) return value;
  const { low, high } = metric.shown;
  return `${value} (${metricValue(metric, low)}–${metricValue(metric, high)})`;
}

/** Milliseconds to two or three digits. */
export function millis(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms.toFixed(1);
}

/** How a protocol is called by people. */
export function protocolName(protocol: CellResult['protocol']): string {
  return protocol === 'http' ? 'REST' : 'gRPC';
}

/** A factor's name as a heading has it: the symbol of the formulas where there is one. */
export function factorSymbol(name: string): string {
  return { failureProbability: 'p', retries: 'n' }[name] ?? name;
}

/** `p = 0.5, n = 2` */
export function factorsText(factors: Readonly<Record<string, number>>): string {
  return Object.entries(factors)
    .map(([name, value]) => `${factorSymbol(name)} = ${value}`)
    .join(', ');
}

/** A mark that reads without colour. */
export const verdictMark: Record<Verdict, string> = {
  confirmed: '✓',
  refuted: '✗',
  inconclusive: '?',
  invalid: '!',
};

/** Cells of a result by edge, in order. */
export function byEdge(cells: readonly CellResult[]): [string, CellResult[]][] {
  const edges = [...new Set(cells.map(({ edge }) => edge))];
  return edges.map((edge) => [edge, cells.filter((cell) => cell.edge === edge)]);
}

/** Retries of a cell as both sides counted them, `412 = 412`; they are independent, so equality proves them. */
export function retryProof({ callee, caller }: CellResult): string {
  if (callee === null || caller === null) return '-';
  const seen = callee.byNumber.slice(1).reduce((total, count) => total + count, 0);
  return `${seen} ${seen === caller.retry ? '=' : '≠'} ${caller.retry}`;
}

/** How sure a verdict is, in one sentence that holds for any experiment. */
export function certaintyText(statistics: {
  shownConfidence: number;
  familyAlpha: number;
  comparisons: number;
}): string {
  const { shownConfidence, familyAlpha, comparisons } = statistics;
  return `Intervals shown are Wilson's at ${Number((shownConfidence * 100).toPrecision(6))} %. The verdict uses wider ones with guaranteed coverage (Chernoff–Hoeffding), at a level that ${comparisons} comparisons share (Bonferroni): a system that does what is predicted is refuted in less than 1 of ${Math.round(1 / familyAlpha)} runs.`;
}
