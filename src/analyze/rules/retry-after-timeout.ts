import type { Rule } from '../finding.ts';
import { httpRoutesOf } from '../http-routes.ts';

/** Conditions under which Envoy retries a try that it ended itself (Envoy, `RetryStateImpl::wouldRetryFromReset`). */
const CONDITIONS = ['5xx', 'gateway-error', 'reset'];

/** D4: a perTryTimeout whose expiry is not retried. */
export const retryAfterTimeoutRule: Rule = {
  code: 'D4',
  summary: 'a try that runs into perTryTimeout is not retried, by its retryOn',
  check: (world) =>
    httpRoutesOf(world).flatMap(({ resource, path, label, retries }) => {
      if (retries?.perTryTimeoutMs === undefined || retries.attempts === 0) return [];
      if (retries.on.some((condition) => CONDITIONS.includes(condition))) return [];
      const origin = retries.isDefaultOn ? "Istio's default " : '';
      return [
        {
          code: 'D4',
          severity: 'error',
          resource,
          path: `${path}.retries.retryOn`,
          message: `${label}: perTryTimeout ${retries.perTryTimeoutMs} ms with attempts ${retries.attempts}, but ${origin}retryOn ${retries.on.join(',')} has none of ${CONDITIONS.join(', ')}`,
          why: 'Envoy counts the end of a slow try as a reset: without one of these conditions it answers 504 at once, after the first try.',
          fix: `Add one of ${CONDITIONS.join(', ')} to retryOn, or leave perTryTimeout out.`,
        },
      ];
    }),
};
