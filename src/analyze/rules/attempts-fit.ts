import type { Rule } from '../finding.ts';
import { httpRoutesOf } from '../http-routes.ts';

/**
 * D2: tries that the timeout leaves no time for. Retry k starts at k × perTryTimeout at the earliest when all tries are
 * slow (plus a backoff, which is left out here: its length is drawn at random).
 */
export const attemptsFitRule: Rule = {
  code: 'D2',
  summary: 'attempts × perTryTimeout do not fit into the timeout of the route',
  check: (world) =>
    httpRoutesOf(world).flatMap(({ resource, path, label, timeoutMs, retries }) => {
      const perTryTimeoutMs = retries?.perTryTimeoutMs;
      if (timeoutMs === undefined || retries === undefined || perTryTimeoutMs === undefined)
        return [];
      // D3 speaks about the others.
      if (perTryTimeoutMs >= timeoutMs) return [];
      const tries = retries.attempts + 1;
      const whole = Math.floor(timeoutMs / perTryTimeoutMs);
      if (retries.attempts === 0 || whole >= tries) return [];
      const neverStarts = retries.attempts * perTryTimeoutMs >= timeoutMs;
      return [
        {
          code: 'D2',
          severity: neverStarts ? 'error' : 'warning',
          resource,
          path: `${path}.retries.attempts`,
          message: `${label}: ${tries} tries of ${perTryTimeoutMs} ms need ${tries * perTryTimeoutMs} ms, timeout is ${timeoutMs} ms`,
          why: neverStarts
            ? `When tries are slow, only ${Math.ceil(timeoutMs / perTryTimeoutMs)} of them can start before the timeout answers 504.`
            : `When tries are slow, the last one is cut off after ${timeoutMs - retries.attempts * perTryTimeoutMs} ms.`,
          fix: `Set attempts to ${whole - 1}, perTryTimeout to ${Math.floor(timeoutMs / tries)}ms, or timeout to ${tries * perTryTimeoutMs}ms.`,
        },
      ];
    }),
};
