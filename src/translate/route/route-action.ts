import { asNumber, asRecords } from '../../manifests/fields.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { readDestination, type Destination } from '../policies/virtual-services.ts';
import { nonEmpty, object } from '../values/json.ts';
import { clusterOf } from './destination.ts';
import { hashOfDestination, hashPolicies } from './hash-policy.ts';
import { headerOperations, type HeaderOperations } from './headers.ts';
import type { RouteOptions } from './route-options.ts';
import { mirrorPolicies } from './mirror.ts';
import { retryPolicy } from './retry.ts';
import { rewriteOf } from './rewrite.ts';
import { timeouts } from './timeout.ts';

/** Envoy's RouteAction of a route with destinations, and the header operations that belong to the route as a whole. */
export interface ForwardingRoute {
  action: JsonObject;
  headers: HeaderOperations;
}

/** A route that forwards: where to, how long, how often, what is rewritten and mirrored. */
export function forwardingRoute(route: Spec, options: RouteOptions): ForwardingRoute {
  const cluster = (destination: Destination): string =>
    clusterOf(destination, options.serviceOf(destination.host), options.listenPort);
  const own = headerOperations(route.headers);
  const rewrite = rewriteOf(route.rewrite);
  const targets = asRecords(route.route);
  const single = targets.length === 1 ? targets[0] : undefined;
  const hashes = targets.flatMap((target) => {
    // A weight of 0 takes no traffic beside others; a single destination takes all, whatever its weight.
    if (single === undefined && (asNumber(target.weight) ?? 0) === 0) return [];
    const hash = hashOfDestination(options.context, readDestination(target.destination));
    return hash === undefined ? [] : [hash];
  });
  const targetHeaders = headerOperations(single?.headers);
  const authority = rewrite.authority || own.authority || targetHeaders.authority;
  const action = object({
    ...destinationFields(targets, cluster),
    ...rewrite.path,
    hostRewriteLiteral: authority === '' ? undefined : authority,
    ...timeouts(route.timeout),
    retryPolicy: retryPolicy(route.retries, single !== undefined && hashes.length > 0),
    requestMirrorPolicies: nonEmpty(mirrorPolicies(route, cluster)),
    hashPolicy: nonEmpty(hashes.flatMap((hash) => hashPolicies(hash))),
  });
  return { action, headers: single === undefined ? own : joinHeaders(own, targetHeaders) };
}

function destinationFields(
  targets: Spec[],
  cluster: (destination: Destination) => string,
): Record<string, Json> {
  const [first] = targets;
  if (first !== undefined && targets.length === 1) {
    return { cluster: cluster(readDestination(first.destination)) };
  }
  const clusters = targets
    .filter((target) => (asNumber(target.weight) ?? 0) > 0)
    .map((target) => weightedCluster(target, cluster(readDestination(target.destination))));
  return { weightedClusters: clusters.length === 0 ? {} : { clusters } };
}

function weightedCluster(target: Spec, name: string): JsonObject {
  const headers = headerOperations(target.headers);
  return object({
    name,
    weight: asNumber(target.weight),
    ...headerFields(headers),
    hostRewriteLiteral: headers.authority === '' ? undefined : headers.authority,
  });
}

/** The four header lists as fields of an Envoy route or weighted cluster, empty ones left out. */
export function headerFields(headers: HeaderOperations): Record<string, Json | undefined> {
  return {
    requestHeadersToAdd: nonEmpty(headers.requestHeadersToAdd),
    requestHeadersToRemove: nonEmpty(headers.requestHeadersToRemove),
    responseHeadersToAdd: nonEmpty(headers.responseHeadersToAdd),
    responseHeadersToRemove: nonEmpty(headers.responseHeadersToRemove),
  };
}

/** A single destination's operations come after the route's own, so that they can overwrite them. */
function joinHeaders(route: HeaderOperations, target: HeaderOperations): HeaderOperations {
  return {
    requestHeadersToAdd: [...route.requestHeadersToAdd, ...target.requestHeadersToAdd],
    requestHeadersToRemove: [...route.requestHeadersToRemove, ...target.requestHeadersToRemove],
    responseHeadersToAdd: [...route.responseHeadersToAdd, ...target.responseHeadersToAdd],
    responseHeadersToRemove: [...route.responseHeadersToRemove, ...target.responseHeadersToRemove],
    authority: route.authority,
  };
}
