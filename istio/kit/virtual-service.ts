import type { IVirtualService } from '@kubernetes-models/istio/networking.istio.io/v1/VirtualService';
import { edgeNamed, edgesInto, grpcPath, hostOf, serviceNamed } from '../../src/topology/derive.ts';
import type { Deadline, Retry } from '../../src/topology/edges.ts';
import type { Edge, ServiceOperation, Topology } from '../../src/topology/model.ts';
import { pathSegments } from '../../src/topology/path.ts';
import { duration } from './duration.ts';
import { metadataOf } from './resource.ts';

type Spec = NonNullable<IVirtualService['spec']>;
type Route = NonNullable<Spec['http']>[number];
type Match = NonNullable<Route['match']>[number];

/** Another policy for some edges, by edge id: what an experiment puts in place of the declared one. */
export type EdgeOverrides = Readonly<
  Record<string, { retry?: Retry | 'none'; deadlineMs?: Deadline }>
>;

/**
 * The VirtualService of a service: one route for each operation, and for each of its callers where their policies differ.
 * A service that only the ingress gateway calls is bound to the Gateway of its name instead of the mesh.
 * Throws `bad-topology` for an override of an edge that isn't declared.
 */
export function virtualServiceFor(
  topology: Topology,
  service: string,
  overrides: EdgeOverrides = {},
): IVirtualService {
  for (const id of Object.keys(overrides)) edgeNamed(topology, id);
  const edges = edgesInto(topology, service).map((edge) => override(edge, overrides[edge.id]));
  const isEntry = topology.entry.service === service;
  const routes = serviceNamed(topology, service).operations.flatMap((operation) =>
    routesOf(
      topology,
      operation,
      edges.filter((edge) => edge.operation === operation.id),
    ),
  );
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: metadataOf(topology.namespace, service),
    spec: {
      hosts: isEntry ? topology.entry.hosts : [hostOf(topology, service)],
      ...(isEntry ? { gateways: [service] } : {}),
      http: isEntry ? routes : [...routes, undeclaredRoute(topology, service)],
    },
  };
}

function override(edge: Edge, change: EdgeOverrides[string] | undefined): Edge {
  if (change === undefined) return edge;
  return {
    ...edge,
    retry: change.retry === 'none' ? undefined : (change.retry ?? edge.retry),
    deadlineMs: change.deadlineMs ?? edge.deadlineMs,
  };
}

function routesOf(topology: Topology, operation: ServiceOperation, edges: Edge[]): Route[] {
  const [first] = edges;
  if (first === undefined) return [];
  const uri = uriMatch(topology, operation);
  const method = { exact: operation.protocol === 'http' ? operation.method : 'POST' };
  const match: Match = { uri, method };
  if (edges.every((edge) => samePolicy(edge, first))) {
    return [routeOf(topology, first, operation.name, match)];
  }
  return edges.map((edge) =>
    routeOf(topology, edge, `${operation.name}-from-${edge.caller}`, {
      ...match,
      sourceLabels: { app: edge.caller },
    }),
  );
}

function samePolicy(one: Edge, other: Edge): boolean {
  const policy = (edge: Edge): string => JSON.stringify([edge.deadlineMs, edge.retry ?? null]);
  return policy(one) === policy(other);
}

function routeOf(topology: Topology, edge: Edge, name: string, match: Match): Route {
  return {
    name,
    match: [match],
    route: destinationOf(topology, edge.service),
    // Without a timeout Istio sets none: right for streams, and only they may be declared so.
    ...(edge.deadlineMs === 'none' ? {} : { timeout: duration(edge.deadlineMs) }),
    retries: retriesOf(edge.retry),
  };
}

/** Left out, `retries` would mean Istio's default of 2 on several conditions: none must be said. */
function retriesOf(retry: Retry | undefined): NonNullable<Route['retries']> {
  if (retry === undefined) return { attempts: 0 };
  return {
    attempts: retry.attempts,
    perTryTimeout: duration(retry.perTryTimeoutMs),
    retryOn: retry.on.join(','),
  };
}

function destinationOf(topology: Topology, service: string): NonNullable<Route['route']> {
  const port = { number: serviceNamed(topology, service).port };
  return [{ destination: { host: hostOf(topology, service), port } }];
}

/**
 * What no edge declares still reaches the callee's sidecar, and is refused there by identity with 403.
 * Without this route the caller's own sidecar would answer 404, which looks like a missing page.
 */
function undeclaredRoute(topology: Topology, service: string): Route {
  return {
    name: 'undeclared',
    route: destinationOf(topology, service),
    retries: { attempts: 0 },
  };
}

/**
 * Envoy's regular expressions (RE2) must match the whole path, without its query: they need no anchors.
 * `{id}` is one segment that isn't empty; everything else is taken literally.
 */
function uriMatch(topology: Topology, operation: ServiceOperation): NonNullable<Match['uri']> {
  if (operation.protocol === 'grpc') return { exact: grpcPath(topology, operation) };
  const segments = pathSegments(operation.path);
  if (segments.every((segment) => segment.type === 'literal')) return { exact: operation.path };
  return {
    regex: segments
      .map((segment) =>
        segment.type === 'parameter'
          ? '/[^/]+'
          : `/${segment.text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`,
      )
      .join(''),
  };
}
