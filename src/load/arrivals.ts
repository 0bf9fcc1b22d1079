import { WindtunnelError } from '../errors.ts';
import type { Random } from './random.ts';

/** When requests are due, whatever becomes of those before them: an open loop. */
export interface Arrivals {
  /** `constant`: equal gaps. `poisson`: exponential gaps, as of many callers that don't know of each other. */
  kind: 'constant' | 'poisson';
  ratePerSecond: number;
}

/** Bound on one schedule: eight bytes each, and minutes at any rate that one process can send. */
const maxScheduledRequests = 1_000_000;

/**
 * The intended start of each of `count` requests, in ms after the start of the load, ascending.
 *
 * Poisson gaps are -ln(1 - u)/rate (inverse transform), so the mean rate holds over many requests and
 * a burst is as likely as in a Poisson process. Throws `bad-experiment` for a rate or count out of range.
 */
export function arrivalOffsetsMs(arrivals: Arrivals, count: number, random: Random): Float64Array {
  const { kind, ratePerSecond } = arrivals;
  if (!(ratePerSecond > 0 && ratePerSecond <= 1_000_000)) {
    throw new WindtunnelError('bad-experiment', `a rate of ${ratePerSecond} requests per second`, {
      next: 'give a rate above 0 and up to 1000000 requests per second',
    });
  }
  if (!Number.isInteger(count) || count < 1 || count > maxScheduledRequests) {
    throw new WindtunnelError('bad-experiment', `a load of ${count} requests`, {
      next: `schedule 1 to ${maxScheduledRequests} requests`,
    });
  }
  const meanGapMs = 1000 / ratePerSecond;
  const offsetsMs = new Float64Array(count);
  let dueMs = 0;
  for (let i = 0; i < count; i++) {
    offsetsMs[i] = kind === 'constant' ? i * meanGapMs : dueMs;
    dueMs += -Math.log(1 - random()) * meanGapMs;
  }
  return offsetsMs;
}
