import type { MeshService, ServicePort } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { DestinationRule, Subset } from '../policies/destination-rules.ts';
import { any } from '../values/json.ts';
import { outboundCluster } from '../values/names.ts';
import { localities } from './endpoints.ts';

/** How Envoy finds a cluster's hosts. */
export type DiscoveryType = 'EDS' | 'STRICT_DNS' | 'LOGICAL_DNS' | 'ORIGINAL_DST';

/** A cluster's discovery type and the fields that belong to it. */
export interface Discovery {
  type: DiscoveryType;
  fields: Record<string, Json>;
}

/** Which cluster. */
interface Target {
  service: MeshService;
  port: ServicePort;
  rule: DestinationRule | undefined;
  subset: Subset | undefined;
}

/** How names are looked up; what a policy turns to the dialled address keeps this, too. */
const dnsSettings: JsonObject = {
  dnsLookupFamily: 'V4_ONLY',
  typedDnsResolverConfig: {
    name: 'envoy.network.dns_resolver.cares',
    typedConfig: any('envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig', {
      udpMaxQueries: 100,
    }),
  },
  dnsJitter: '0.100s',
  dnsRefreshRate: '60s',
  respectDnsTtl: true,
};

/**
 * How the hosts of a cluster are found; undefined when it would have none to look up, so that Istio makes no cluster.
 *
 * @param passthrough whether it sends to the dialled address: made so from the start, or turned so by its policy
 */
export function discovery(
  context: TranslateContext,
  target: Target,
  passthrough: 'none' | 'from-start' | 'by-policy',
): Discovery | undefined {
  const type = typeOf(target.service, context.proxy.type);
  const name = outboundCluster(target.port.port, target.subset?.name ?? '', target.service.host);
  if (type === 'STRICT_DNS' || type === 'LOGICAL_DNS') {
    // Without a cluster of the whole service there is none of a subset.
    if (dnsEndpoints(context, { ...target, subset: undefined }).length === 0) return undefined;
    const endpoints = dnsEndpoints(context, target);
    if (endpoints.length === 0 && passthrough !== 'from-start') return undefined;
    if (passthrough === 'by-policy') {
      return { type: 'ORIGINAL_DST', fields: { type: 'ORIGINAL_DST', ...dnsSettings } };
    }
    if (passthrough === 'none') {
      const loadAssignment = { clusterName: name, endpoints };
      return { type, fields: { type, ...dnsSettings, loadAssignment } };
    }
  }
  if (passthrough !== 'none' || type === 'ORIGINAL_DST') {
    return {
      type: 'ORIGINAL_DST',
      fields: { type: 'ORIGINAL_DST', ...portOverride(target, type) },
    };
  }
  const edsConfig = { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' };
  return { type, fields: { type, edsClusterConfig: { edsConfig, serviceName: name } } };
}

function typeOf(service: MeshService, proxyType: 'sidecar' | 'gateway'): DiscoveryType {
  switch (service.resolution) {
    case 'dns':
      return 'STRICT_DNS';
    case 'dns-round-robin':
      return 'LOGICAL_DNS';
    case 'passthrough':
      // A gateway's clients do not dial the service, so that it needs the endpoints.
      return proxyType === 'gateway' ? 'EDS' : 'ORIGINAL_DST';
    default:
      return 'EDS';
  }
}

/** A ServiceEntry with `resolution: NONE` may send to another port than was dialled. */
function portOverride({ service, port }: Target, type: DiscoveryType): Record<string, Json> {
  const differs = service.origin === 'service-entry' && port.targetPort !== port.port;
  if (type !== 'ORIGINAL_DST' || !differs || typeof port.targetPort !== 'number') return {};
  return { originalDstLbConfig: { upstreamPortOverride: port.targetPort } };
}

/** The endpoints that a ServiceEntry lists, else its host itself. */
function dnsEndpoints(context: TranslateContext, target: Target): JsonObject[] {
  const { service, port } = target;
  const isListed = service.endpoints.length > 0 || Object.keys(service.selector).length > 0;
  const host = {
    address: service.host,
    ports: {},
    labels: {},
    locality: '',
    weight: 0,
    serviceAccount: '',
  };
  const asked = {
    ...service,
    endpoints: isListed ? service.endpoints : [host],
    // A logical host is one, however many addresses stand for it.
    addresses: service.resolution === 'dns-round-robin' ? [] : service.addresses,
  };
  const query = { service: asked, port, rule: target.rule, subset: target.subset?.name ?? '' };
  return localities(context, query, () => true);
}
