/** A source of numbers uniform in [0, 1), as Math.random is; a seeded one repeats. */
export type Random = () => number;

const golden = 0x9e3779b9;

/**
 * A generator whose sequence depends on `seed` alone: a 32-bit counter with an odd step, mixed by the finaliser of
 * MurmurHash3 (the construction of SplitMix, Steele et al., OOPSLA 2014). Good for schedules, not for secrets.
 * `seed` is any integer; only its low 32 bits count. The period is 2^32.
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + golden) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    mixed ^= mixed >>> 16;
    return (mixed >>> 0) / 0x1_0000_0000;
  };
}

/** A seed of its own for each `label`, so that parts of a run don't share one sequence (FNV-1a over the label). */
export function derivedSeed(seed: number, label: string): number {
  let hash = 0x811c9dc5 ^ (seed | 0);
  for (let i = 0; i < label.length; i++) {
    hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  }
  return hash | 0;
}
