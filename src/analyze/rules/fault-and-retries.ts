import type { Rule } from '../finding.ts';
import { httpRoutesOf } from '../http-routes.ts';

/** F1: a fault on a route whose retries or timeout are meant to meet it. */
export const faultAndRetriesRule: Rule = {
  code: 'F1',
  summary: 'a fault stands on the same route as retries or a timeout',
  check: (world) =>
    httpRoutesOf(world).flatMap(({ resource, path, label, body, timeoutMs, retries }) => {
      if (body.fault === undefined || body.fault === null) return [];
      const disabled = [
        ...(timeoutMs === undefined ? [] : [`timeout ${timeoutMs} ms`]),
        ...(retries === undefined || retries.attempts === 0
          ? []
          : [`attempts ${retries.attempts}`]),
      ];
      if (disabled.length === 0) return [];
      return [
        {
          code: 'F1',
          severity: 'error',
          resource,
          path: `${path}.fault`,
          message: `${label}: has a fault beside ${disabled.join(' and ')}`,
          why: "The fault is injected by the caller's sidecar before the router, which alone does retries and timeouts: they never see it.",
          fix: 'Inject the fault at the destination (its inbound side, or the service itself), or take it to another hop.',
        },
      ];
    }),
};
