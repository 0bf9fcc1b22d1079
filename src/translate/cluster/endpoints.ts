import { asNumber, asRecord, asRecords } from '../../manifests/fields.ts';
import { replicasOf } from '../../manifests/build-world.ts';
import { matchesLabels, targetPortOf, workloadsOf } from '../../manifests/select.ts';
import type { MeshService, ServiceEntryEndpoint, ServicePort } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { EnvoyEndpoints } from '../envoy.ts';
import type { DestinationRule } from '../policies/destination-rules.ts';
import { modeForPort, peerAuthenticationOf } from '../policies/peer-authentication.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { policyForPort, policyOfSubset } from '../policies/traffic-policy.ts';
import { object } from '../values/json.ts';
import { outboundCluster } from '../values/names.ts';
import { compareText } from '../../compare-text.ts';
import { tlsMode } from './tls.ts';

/** One address behind a port of a service. */
export interface Endpoint {
  address: string;
  port: number;
  labels: Record<string, string>;
  namespace: string;
  /** Whether a sidecar is there to speak mutual TLS. */
  hasSidecar: boolean;
  /** SPIFFE id; empty: none. */
  identity: string;
  /** Whether it is a pod, whose readiness is known; what a ServiceEntry lists is taken as it is. */
  isPod: boolean;
  /** @default 1 */
  weight: number;
  locality: string;
}

/** All endpoints of a service's port: pods that it selects, and what a ServiceEntry lists. */
export function endpointsOf(
  context: TranslateContext,
  service: MeshService,
  port: ServicePort,
): Endpoint[] {
  const selected = workloadsOf(context.world, service);
  const pods = replicasOf(context.world)
    .filter((replica) => selected.includes(replica.workload))
    .flatMap((replica): Endpoint[] => {
      const { workload } = replica;
      const target = targetPortOf(port.targetPort, workload);
      if (target === undefined) return [];
      return [
        {
          address: context.addresses.podIp(replica),
          port: target,
          labels: workload.labels,
          namespace: workload.namespace,
          hasSidecar: workload.injected,
          identity: identity(context, workload.namespace, workload.serviceAccount),
          isPod: true,
          weight: 1,
          locality: '',
        },
      ];
    });
  // Istio makes a service of each address of a ServiceEntry, and joins them in EDS with their endpoints repeated.
  const members = [...pods, ...service.endpoints.map((one) => listed(context, service, port, one))];
  return Array.from({ length: Math.max(1, service.addresses.length) }, () => members).flat();
}

function listed(
  context: TranslateContext,
  service: MeshService,
  port: ServicePort,
  endpoint: ServiceEntryEndpoint,
): Endpoint {
  const label = endpoint.labels['security.istio.io/tlsMode'];
  const number = endpoint.ports[port.name] ?? (Number(port.targetPort) || port.port);
  return {
    address: endpoint.address,
    port: number,
    labels: endpoint.labels,
    namespace: service.namespace,
    hasSidecar: label === undefined ? endpoint.serviceAccount !== '' : label === 'istio',
    identity:
      endpoint.serviceAccount === ''
        ? ''
        : identity(context, service.namespace, endpoint.serviceAccount),
    isPod: false,
    weight: endpoint.weight === 0 ? 1 : endpoint.weight,
    locality: endpoint.locality,
  };
}

function identity(context: TranslateContext, namespace: string, account: string): string {
  return `spiffe://${context.world.trustDomain}/ns/${namespace}/sa/${account}`;
}

/** The SPIFFE ids that a caller accepts from a service: of its endpoints on every port, and the ServiceEntry's own list; sorted. */
export function serviceAccounts(context: TranslateContext, service: MeshService): string[] {
  const found = new Set(service.subjectAltNames);
  for (const port of service.ports) {
    for (const { identity } of endpointsOf(context, service, port)) {
      if (identity !== '') found.add(identity);
    }
  }
  return [...found].sort(compareText);
}

/** What a cluster's endpoints are asked for. */
export interface EndpointQuery {
  service: MeshService;
  port: ServicePort;
  rule: DestinationRule | undefined;
  /** Empty: the whole service. */
  subset: string;
}

/** The load assignment that Istio's EDS answers with for a cluster; without endpoints it has none. */
export function loadAssignment(context: TranslateContext, query: EndpointQuery): EnvoyEndpoints {
  const clusterName = outboundCluster(query.port.port, query.subset, query.service.host);
  const endpoints = localities(context, query, (endpoint) => isIpAddress(endpoint.address));
  return object({
    clusterName,
    endpoints: endpoints.length === 0 ? undefined : endpoints,
  }) as EnvoyEndpoints;
}

/** The endpoints of a cluster by locality, each with the sum of its weights. */
export function localities(
  context: TranslateContext,
  query: EndpointQuery,
  accepts: (endpoint: Endpoint) => boolean,
): JsonObject[] {
  const labels = query.rule?.subsets.find((one) => one.name === query.subset)?.labels ?? {};
  const chosen = endpointsOf(context, query.service, query.port).filter(
    (endpoint) => accepts(endpoint) && matchesLabels(labels, endpoint.labels),
  );
  const names = [...new Set(chosen.map((endpoint) => endpoint.locality))].sort(compareText);
  const priorities = prioritiesOf(query, names);
  return names.map((name) => {
    const members = chosen.filter((endpoint) => endpoint.locality === name);
    return {
      locality: readLocality(name),
      ...priorities(name),
      lbEndpoints: members.map((endpoint) => lbEndpoint(context, query, endpoint)),
      loadBalancingWeight: members.reduce((sum, endpoint) => sum + endpoint.weight, 0),
    };
  });
}

function lbEndpoint(
  context: TranslateContext,
  query: EndpointQuery,
  endpoint: Endpoint,
): JsonObject {
  const { address, port: portValue, weight } = endpoint;
  const isMutual = speaksMutualTls(context, query, endpoint);
  return object({
    endpoint: { address: { socketAddress: { address, portValue } } },
    healthStatus: endpoint.isPod ? 'HEALTHY' : undefined,
    metadata: isMutual
      ? { filterMetadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } } }
      : undefined,
    loadBalancingWeight: weight,
  });
}

/** Where a sidecar is there: by the DestinationRule's `tls`, else by the PeerAuthentication of the endpoint. */
function speaksMutualTls(
  context: TranslateContext,
  query: EndpointQuery,
  endpoint: Endpoint,
): boolean {
  if (!endpoint.hasSidecar) return false;
  const mode = ruleTlsMode(query);
  if (mode !== undefined) return mode === 'ISTIO_MUTUAL';
  const policy = peerAuthenticationOf(context.world, endpoint);
  return modeForPort(policy, endpoint.port) !== 'DISABLE';
}

function ruleTlsMode({ rule, subset, port }: EndpointQuery): string | undefined {
  const own = rule?.subsets.find((one) => one.name === subset);
  return modeOf(own?.trafficPolicy, port.port) ?? modeOf(rule?.trafficPolicy, port.port);
}

function modeOf(policy: Spec | undefined, port: number): string | undefined {
  const setting = asRecords(policy?.portLevelSettings).find(
    (one) => asNumber(asRecord(one.port).number) === port && one.tls !== undefined,
  );
  return tlsMode(setting?.tls) ?? tlsMode(policy?.tls);
}

/**
 * With outlier detection Istio prefers what is nearer to the proxy. Proxies have no locality here, so that endpoints
 * without one are the nearest; another region is farther than a zone of no region, and so on.
 */
function prioritiesOf(
  { rule, subset, port }: EndpointQuery,
  localityNames: string[],
): (name: string) => { priority?: number } {
  const own = rule?.subsets.find((one) => one.name === subset);
  const policy =
    own === undefined
      ? policyForPort(rule?.trafficPolicy, port.port).policy
      : policyOfSubset(rule?.trafficPolicy, own.trafficPolicy, port.port);
  if (policy?.outlierDetection === undefined) return () => ({});
  const ranks = [...new Set(localityNames.map(distance))].sort((a, b) => a - b);
  return (name) => {
    const priority = ranks.indexOf(distance(name));
    return priority === 0 ? {} : { priority };
  };
}

function distance(locality: string): number {
  const first = locality.split('/').findIndex((part) => part !== '');
  return first < 0 ? 0 : 3 - first;
}

/** `REGION/ZONE/SUBZONE`. */
function readLocality(text: string): JsonObject {
  const [region = '', zone = '', subZone = ''] = text.split('/');
  return object({
    region: region === '' ? undefined : region,
    zone: zone === '' ? undefined : zone,
    subZone: subZone === '' ? undefined : subZone,
  });
}

/** Whether an endpoint's address can be sent by EDS: host names cannot. */
export function isIpAddress(address: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(address) || address.includes(':');
}
