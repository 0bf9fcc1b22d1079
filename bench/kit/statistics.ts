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
 * The middle 95 % of a statistic of several arms over rounds drawn with replacement (percentile bootstrap, Efron 1979).
 * What was measured in one round is drawn together, since what the machine did in it is common to all arms.
 *
 * @param arms per arm and round, what was measured
 */
export function bootstrap<Sample, Name extends string>(
  arms: Readonly<Record<Name, readonly (readonly Sample[])[]>>,
  statistic: (drawn: Record<Name, Sample[]>) => number,
  resamples = 2000,
): [number, number] {
  const draw = seededRandom(1);
  const names = Object.keys(arms) as Name[];
  const rounds = Math.min(...names.map((name) => arms[name].length));
  const values: number[] = [];
  for (let sample = 0; sample < resamples; sample++) {
    const picked = Array.from({ length: rounds }, () => Math.floor(draw() * rounds));
    const drawn = {} as Record<Name, Sample[]>;
    for (const name of names) drawn[name] = picked.flatMap((index) => arms[name][index] ?? []);
    values.push(statistic(drawn));
  }
  return [quantile(values, 0.025), quantile(values, 0.975)];
}

/**
 * {@link bootstrap} of the ratio of medians.
 *
 * @param over per round, the samples of the arm above the line
 * @param under per round, the samples of the arm below it
 */
export function bootstrapRatio(
  over: readonly (readonly number[])[],
  under: readonly (readonly number[])[],
): [number, number] {
  return bootstrap({ over, under }, (drawn) => median(drawn.over) / median(drawn.under));
}
