import { asRecord, asRecords } from '../../manifests/fields.ts';
import type { World } from '../../manifests/world.ts';
import { resolveHost } from '../../translate/values/hosts.ts';
import type { Rule } from '../finding.ts';
import { type HttpRoute, httpRoutesOf } from '../http-routes.ts';

/** R7: retries that nothing bounds when the callee is down. */
export const unboundedRetriesRule: Rule = {
  code: 'R7',
  summary: 'more than one retry, and neither a retryBudget nor maxRetries for the destination',
  check: (world) =>
    httpRoutesOf(world).flatMap((route) => {
      const { retries, resource, path, label } = route;
      if (retries === undefined || retries.attempts < 2) return [];
      const [unbounded] = route.destinations.filter(
        (destination) => !isBounded(world, route, destination),
      );
      if (unbounded === undefined) return [];
      return [
        {
          code: 'R7',
          severity: 'warning',
          resource,
          path: `${path}.retries.attempts`,
          message: `${label}: attempts ${retries.attempts} to ${unbounded.host}, whose DestinationRule has neither retryBudget nor maxRetries`,
          why: `Istio's default for maxRetries is 4294967295: when all calls fail, load on the callee grows to ${retries.attempts + 1} times.`,
          fix: `Set trafficPolicy.retryBudget (e.g. percent 20, minRetryConcurrency 3) in a DestinationRule for ${unbounded.host}.`,
        },
      ];
    }),
};

function isBounded(
  world: World,
  route: HttpRoute,
  destination: HttpRoute['destinations'][number],
): boolean {
  const host = resolveHost(destination.host, route.resource.metadata.namespace);
  const rules = world.resources.filter(
    (resource) =>
      resource.kind === 'DestinationRule' &&
      resolveHost(String(asRecord(resource.body.spec).host), resource.metadata.namespace) === host,
  );
  return rules.some(({ body }) => {
    const spec = asRecord(body.spec);
    const subset = asRecords(spec.subsets).find((item) => item.name === destination.subset);
    return [spec.trafficPolicy, subset?.trafficPolicy].some((policy) => bounds(asRecord(policy)));
  });
}

function bounds(policy: Record<string, unknown>): boolean {
  const http = asRecord(asRecord(policy.connectionPool).http);
  const levels = asRecords(policy.portLevelSettings);
  return (
    policy.retryBudget !== undefined ||
    http.maxRetries !== undefined ||
    levels.some((level) => bounds({ ...level, portLevelSettings: undefined }))
  );
}
