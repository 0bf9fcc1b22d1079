import { bootstrapRatio, median } from './statistics.ts';

/** What one arm measured: per round, forth and back. */
export interface ArmSamples {
  name: string;
  rounds: number[][];
}

/**
 * Runs every arm `rounds` times forth and back (A B B A), so that a machine that speeds up or slows down
 * does so for all of them; each run gives one number.
 */
export async function interleave(
  rounds: number,
  arms: Record<string, () => Promise<number>>,
): Promise<ArmSamples[]> {
  const samples = Object.keys(arms).map((name): ArmSamples => ({ name, rounds: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const arm of samples) arm.rounds.push([]);
    for (const arm of [...samples, ...samples.toReversed()]) {
      const run = arms[arm.name];
      if (run) arm.rounds[round]?.push(await run());
      process.stderr.write(`  round ${round + 1} of ${rounds}: ${arm.name}\n`);
    }
  }
  return samples;
}

/** Prints each arm's median and range, and its ratio to the last arm with a 95 % interval. */
export function printComparison(title: string, samples: ArmSamples[]): void {
  const base = samples.at(-1);
  if (!base) return;
  process.stdout.write(`${title}\n`);
  for (const { name, rounds } of samples) {
    const all = rounds.flat();
    const low = Math.min(...all).toFixed(1);
    const high = Math.max(...all).toFixed(1);
    const ratio = median(all) / median(base.rounds.flat());
    const [from, to] = bootstrapRatio(rounds, base.rounds);
    const interval = `ratio ${ratio.toFixed(2)} [${from.toFixed(2)}, ${to.toFixed(2)}]`;
    process.stdout.write(
      `  ${name.padEnd(34)} median ${median(all).toFixed(1).padStart(9)}  (${low} to ${high})  ${interval}\n`,
    );
  }
}

/** A ratio of medians with its 95 % interval. */
export function ratioText(over: ArmSamples, under: ArmSamples): string {
  const ratio = median(over.rounds.flat()) / median(under.rounds.flat());
  const [low, high] = bootstrapRatio(over.rounds, under.rounds);
  return rangeText(ratio, [low, high]);
}

/** e.g. `0.410 [0.380, 0.440]` */
export function rangeText(value: number, [low, high]: readonly [number, number]): string {
  return `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}
