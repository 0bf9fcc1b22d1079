import { seededRandom } from '../../services/kit/fault-plan.ts';

/** The middle value; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value below which `share` of the values lie (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/**
 * The middle 95 % of the ratio of medians over rounds drawn with replacement (percentile bootstrap, Efron 1979).
 * What was measured in one round is drawn together, since what the machine did in it is common to both arms.
 *
 * @param over per round, the samples of the arm above the line
 * @param under per round, the samples of the arm below it
 */
export function bootstrapRatio(
  over: readonly (readonly number[])[],
  under: readonly (readonly number[])[],
  resamples = 2000,
): [number, number] {
  const draw = seededRandom(1);
  const ratios: number[] = [];
  for (let sample = 0; sample < resamples; sample++) {
    const picked = over.map(() => Math.floor(draw() * over.length));
    const pick = (arm: readonly (readonly number[])[]): number[] =>
      picked.flatMap((index) => arm[index] ?? []);
    ratios.push(median(pick(over)) / median(pick(under)));
  }
  return [quantile(ratios, 0.025), quantile(ratios, 0.975)];
}
