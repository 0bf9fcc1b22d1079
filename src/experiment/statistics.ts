/** An interval, both ends included. */
export interface Interval {
  low: number;
  high: number;
}

/**
 * The z at which a two-sided normal interval has `confidence` (0 < confidence < 1): 1.96 for 0.95. By bisection, so that
 * any confidence works, also the extreme ones of a family-wise correction.
 */
export function normalQuantile(confidence: number): number {
  const tail = (1 - confidence) / 2;
  let low = 0;
  let high = 40;
  for (let i = 0; i < 200 && high - low > 1e-12; i++) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Wilson's score interval (1927) of a mean of `count` values between 0 and 1; for a proportion, `mean` is the share of
 * successes. For other values it is wide: p(1-p) is the greatest variance such values can have.
 * Its coverage is close to `confidence`, not guaranteed: show it, don't judge by it.
 */
export function wilsonInterval(mean: number, count: number, confidence: number): Interval {
  if (count === 0) return { low: 0, high: 1 };
  const z = normalQuantile(confidence);
  const square = (z * z) / count;
  const centre = mean + square / 2;
  const half = z * Math.sqrt((mean * (1 - mean)) / count + square / (4 * count));
  return {
    low: Math.max(0, (centre - half) / (1 + square)),
    high: Math.min(1, (centre + half) / (1 + square)),
  };
}

/**
 * Every true mean that the mean of `count` independent values between 0 and 1 does not exclude at `alpha`: those with
 * count * KL(mean, candidate) <= ln(2/alpha). By Hoeffding's inequality (1963, theorem 1) the truth is outside with a
 * probability of at most `alpha`, at ANY count and for any such values: no normal approximation, which at small
 * counts and extreme levels would refute a correct system too often. Some 15 % wider than Wilson's.
 */
export function guaranteedInterval(mean: number, count: number, alpha: number): Interval {
  if (count === 0) return { low: 0, high: 1 };
  const bound = Math.log(2 / alpha) / count;
  const end = (from: number, to: number): number => {
    let inside = from;
    let outside = to;
    for (let i = 0; i < 100; i++) {
      const middle = (inside + outside) / 2;
      if (divergence(mean, middle) <= bound) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  return { low: mean === 0 ? 0 : end(mean, 0), high: mean === 1 ? 1 : end(mean, 1) };
}

/** How many values a proportion near `expected` takes for its interval to be `margin` wide on either side: z² p(1-p)/margin². */
export function sampleSize(expected: number, margin: number, confidence: number): number {
  const z = normalQuantile(confidence);
  return Math.ceil((z * z * expected * (1 - expected)) / (margin * margin));
}

/**
 * How many requests it takes so that something that happens to each with `probability` is missed by all of them
 * with a chance of at most `alpha`: ln(alpha)/ln(1 - probability).
 */
export function requestsToSee(probability: number, alpha: number): number {
  if (probability >= 1) return 1;
  return Math.ceil(Math.log(alpha) / Math.log(1 - probability));
}

/**
 * Level of each of `comparisons` so that the chance of any wrong refutation among all is at most `familyAlpha`
 * (Bonferroni). Šidák's level would be a little greater but needs them independent, and several come from the same requests.
 */
export function alphaPerComparison(familyAlpha: number, comparisons: number): number {
  return familyAlpha / Math.max(1, comparisons);
}

/**
 * Area of the standard normal distribution above `z` >= 0. The series of the error function below 3, Lentz's continued
 * fraction for the rest: relative error under 1e-10 in both (Abramowitz and Stegun 26.2.10 and 26.2.14).
 */
function upperTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let k = 1; k < 200 && term > 1e-17 * sum; k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = 0;
  for (let k = 200; k >= 1; k--) fraction = k / (z + fraction);
  return density / (z + fraction);
}

/** Relative entropy of two coins, in nats: how fast evidence against `q` grows when `p` is what happens. */
function divergence(p: number, q: number): number {
  const part = (x: number, y: number): number => (x === 0 ? 0 : x * Math.log(x / y));
  return part(p, q) + part(1 - p, 1 - q);
}
