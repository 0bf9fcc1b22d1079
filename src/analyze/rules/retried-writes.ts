import { asRecord, asRecords } from '../../manifests/fields.ts';
import type { MeshService, World } from '../../manifests/world.ts';
import { resolveHost } from '../../translate/values/hosts.ts';
import type { Rule } from '../finding.ts';
import { type HttpRoute, httpRoutesOf } from '../http-routes.ts';

/** Conditions that hold only when the request did not reach the service, so that nothing can happen twice. */
const SAFE = new Set(['connect-failure', 'refused-stream', 'reset-before-request']);

/** Conditions on a gRPC status: they never hold for a REST answer. */
const GRPC = new Set([
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
]);

/** HTTP methods that are not idempotent (RFC 9110, section 9.2.2; RFC 5789 for PATCH). */
const WRITES = new Set(['POST', 'PATCH']);

/** R3: a REST request that may have had its effect is sent again. What a gRPC method does, its path does not tell. */
export const retriedWritesRule: Rule = {
  code: 'R3',
  summary: 'POST or PATCH is retried after it may have taken effect',
  check: (world) =>
    httpRoutesOf(world).flatMap((route) => {
      const { retries, resource, path, label } = route;
      const methods = methodsOf(route).filter((method) => WRITES.has(method));
      if (retries === undefined || retries.attempts === 0 || methods.length === 0) return [];
      const unsafe = retries.on.filter((condition) => !SAFE.has(condition) && !GRPC.has(condition));
      if (unsafe.length === 0 || leadsToGrpc(world, route)) return [];
      return [
        {
          code: 'R3',
          severity: 'error',
          resource,
          path: `${path}.retries.retryOn`,
          message: `${label}: ${methods.join(', ')} is retried ${retries.attempts} times on ${unsafe.join(',')}`,
          why: 'Under these conditions the service may have done its work before the answer was lost: a retry does it again.',
          fix: `Set attempts to 0, or retryOn to ${[...SAFE].join(',')}.`,
        },
      ];
    }),
};

function methodsOf(route: HttpRoute): string[] {
  return asRecords(route.body.match).flatMap((match) => {
    const { exact } = asRecord(match.method);
    return typeof exact === 'string' ? [exact] : [];
  });
}

function leadsToGrpc(world: World, route: HttpRoute): boolean {
  return route.destinations.some(({ host, port }) => {
    const name = resolveHost(host, route.resource.metadata.namespace);
    const service = world.services.find((candidate) => candidate.host === name);
    return service !== undefined && isGrpc(service, port);
  });
}

function isGrpc(service: MeshService, port: number | undefined): boolean {
  const ports = service.ports.filter((candidate) => port === undefined || candidate.port === port);
  return ports.some(
    (candidate) => candidate.protocol === 'grpc' || candidate.protocol === 'grpc-web',
  );
}
