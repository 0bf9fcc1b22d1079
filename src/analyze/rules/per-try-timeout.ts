import type { Rule } from '../finding.ts';
import { httpRoutesOf } from '../http-routes.ts';

/** D3: a perTryTimeout that the route's own timeout always beats. */
export const perTryTimeoutRule: Rule = {
  code: 'D3',
  summary: 'perTryTimeout is not shorter than the timeout of its route',
  check: (world) =>
    httpRoutesOf(world).flatMap(({ resource, path, label, timeoutMs, retries }) => {
      const perTryTimeoutMs = retries?.perTryTimeoutMs;
      if (timeoutMs === undefined || perTryTimeoutMs === undefined) return [];
      if (retries?.attempts === 0 || perTryTimeoutMs < timeoutMs) return [];
      return [
        {
          code: 'D3',
          severity: 'error',
          resource,
          path: `${path}.retries.perTryTimeout`,
          message: `${label}: perTryTimeout ${perTryTimeoutMs} ms is not shorter than timeout ${timeoutMs} ms`,
          why: 'The timeout ends the request, retries included, before a slow try is given up: a slow try is never retried.',
          fix: `Set perTryTimeout to at most ${Math.floor(timeoutMs / ((retries?.attempts ?? 0) + 1))}ms, or leave it out.`,
        },
      ];
    }),
};
