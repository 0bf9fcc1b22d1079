import { WindtunnelError } from '../errors.ts';
import { type Edge, INGRESS, type Service, type ServiceOperation, type Topology } from './model.ts';
import { compareText } from '../compare-text.ts';
import { collectorHost, observability } from './observability.ts';

/** Istio's default trust domain; the first part of every principal. */
const TRUST_DOMAIN = 'cluster.local';

/** Service account of Istio's ingress gateway, as its Helm chart and `istioctl install` name it. */
const INGRESS_PRINCIPAL = `${TRUST_DOMAIN}/ns/istio-system/sa/istio-ingressgateway-service-account`;

/** The service of that name. Throws `bad-topology`, listing what exists. */
export function serviceNamed(topology: Topology, name: string): Service {
  const service = topology.services.find((candidate) => candidate.name === name);
  if (service !== undefined) return service;
  throw new WindtunnelError('bad-topology', `no service is called '${name}'`, {
    next: `Name one of: ${topology.services.map((candidate) => candidate.name).join(', ')}.`,
  });
}

/** The operation `service.operation`. Throws `bad-topology`, listing what exists. */
export function operationNamed(topology: Topology, id: string): ServiceOperation {
  const operations = topology.services.flatMap((service) => service.operations);
  const operation = operations.find((candidate) => candidate.id === id);
  if (operation !== undefined) return operation;
  throw new WindtunnelError('bad-topology', `no operation is called '${id}'`, {
    next: `Name one of: ${operations.map((candidate) => candidate.id).join(', ')}.`,
  });
}

/** The edge of that id. Throws `bad-topology`, listing what exists. */
export function edgeNamed(topology: Topology, id: string): Edge {
  const edge = topology.edges.find((candidate) => candidate.id === id);
  if (edge !== undefined) return edge;
  throw new WindtunnelError('bad-topology', `no edge is called '${id}'`, {
    next: `Name one of: ${topology.edges.map((candidate) => candidate.id).join(', ')}.`,
  });
}

/** Full DNS name of a service: what mesh resources name it by, so that their meaning does not hang on their namespace. */
export function hostOf(topology: Topology, service: string): string {
  return `${service}.${topology.namespace}.svc.cluster.local`;
}

/** `service:port`, what callers dial. */
export function authorityOf(topology: Topology, service: string): string {
  return `${service}:${serviceNamed(topology, service).port}`;
}

/** Edges that end at a service, those of the ingress gateway included. */
export function edgesInto(topology: Topology, service: string): Edge[] {
  return topology.edges.filter((edge) => edge.service === service);
}

/** Names of the callers of one operation, or of a whole service, sorted. */
export function callersOf(topology: Topology, target: string): string[] {
  const edges = topology.edges.filter(
    (edge) => edge.operation === target || edge.service === target,
  );
  return unique(edges.map((edge) => edge.caller));
}

/** Names of the services that a service calls, sorted. */
export function calleesOf(topology: Topology, caller: string): string[] {
  return unique(
    topology.edges.filter((edge) => edge.caller === caller).map((edge) => edge.service),
  );
}

/** Environment of a workload: its own port, and one `NAME_ADDR=name:port` for each service it calls. */
export function environmentOf(
  topology: Topology,
  service: string,
): { name: string; value: string }[] {
  const addresses = calleesOf(topology, service).map((callee) => ({
    name: `${callee.toUpperCase().replaceAll('-', '_')}_ADDR`,
    value: authorityOf(topology, callee),
  }));
  return [{ name: 'PORT', value: String(serviceNamed(topology, service).port) }, ...addresses];
}

/**
 * Egress hosts of a workload's Sidecar: its callees and the collector of traces, nothing else. The collector is named here
 * rather than kept from interception by annotation: that would be a hole for its port, whoever listens there. Where no
 * collector is installed, the name is that of nothing.
 */
export function sidecarHosts(topology: Topology, service: string): string[] {
  const callees = calleesOf(topology, service).map((callee) => `./${hostOf(topology, callee)}`);
  return [...callees, `${observability.namespace}/${collectorHost}`];
}

/** Identity of a caller as AuthorizationPolicy writes it: the SPIFFE id without its scheme. */
export function principalOf(topology: Topology, caller: string): string {
  if (caller === INGRESS) return INGRESS_PRINCIPAL;
  return `${TRUST_DOMAIN}/ns/${topology.namespace}/sa/${caller}`;
}

/** Path of a gRPC method on the wire: `/package.Service/Method`. */
export function grpcPath(topology: Topology, operation: ServiceOperation): string {
  return `/${serviceNamed(topology, operation.service).rpcService}/${operation.name}`;
}

/** One identity at one operation: allowed or denied. */
export interface Permission {
  caller: string;
  principal: string;
  /** `service.operation` */
  operation: string;
}

/** What AuthorizationPolicy must let through: the declared edges and nothing else. */
export function allowedEdges(topology: Topology): Permission[] {
  return topology.edges.map((edge) => ({
    caller: edge.caller,
    principal: principalOf(topology, edge.caller),
    operation: edge.operation,
  }));
}

/** Every other pair of an identity (each service and the ingress gateway) and an operation: the mesh must refuse it. */
export function deniedEdges(topology: Topology): Permission[] {
  const callers = [...topology.services.map((service) => service.name), INGRESS];
  const operations = topology.services.flatMap((service) => service.operations);
  return callers.flatMap((caller) =>
    operations
      .filter((operation) => !callersOf(topology, operation.id).includes(caller))
      .map((operation) => ({
        caller,
        principal: principalOf(topology, caller),
        operation: operation.id,
      })),
  );
}

function unique(names: string[]): string[] {
  return [...new Set(names)].sort(compareText);
}
