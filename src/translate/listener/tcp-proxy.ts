import { asNumber, asRecord, asRecords } from '../../manifests/fields.ts';
import type { PortProtocol } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { DestinationRule } from '../policies/destination-rules.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { readDestination } from '../policies/virtual-services.ts';
import { clusterOf } from '../route/destination.ts';
import { duration } from '../values/duration.ts';
import { extension } from '../values/json.ts';

/** The filters that pass connections on to one cluster. */
export function tcpFilters(
  cluster: string,
  protocol: PortProtocol,
  rule: DestinationRule | undefined,
  subset = '',
): JsonObject[] {
  return withProtocol(protocol, cluster, tcpProxy(cluster, { cluster }, rule, subset));
}

/** The filters of a `tcp` or `tls` route of a VirtualService: its destinations, by weight when there are several. */
export function tcpRouteFilters(
  context: TranslateContext,
  targets: Spec[],
  listenPort: { port: number; protocol: PortProtocol },
  owner: string,
): JsonObject[] {
  const destinations = targets.map((target) => readDestination(target.destination));
  const [first] = destinations;
  if (first === undefined) return [];
  const service = context.serviceOf(first.host);
  const rule = service === undefined ? undefined : context.destinationRule(service);
  const named = destinations.map((one) =>
    clusterOf(one, context.serviceOf(one.host), listenPort.port),
  );
  if (destinations.length === 1) {
    return tcpFilters(named[0] ?? '', listenPort.protocol, rule, first.subset);
  }
  const clusters = targets.flatMap((target, index) => {
    const weight = asNumber(target.weight) ?? 0;
    return weight > 0 ? [{ name: named[index] ?? '', weight }] : [];
  });
  const proxy = tcpProxy(owner, { weightedClusters: { clusters } }, rule, '');
  return withProtocol(listenPort.protocol, owner, proxy);
}

function tcpProxy(
  statPrefix: string,
  to: JsonObject,
  rule: DestinationRule | undefined,
  subset: string,
): JsonObject {
  const tcp = asRecord(asRecord(rule?.trafficPolicy?.connectionPool).tcp);
  return extension(
    'envoy.filters.network.tcp_proxy',
    'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
    {
      statPrefix,
      ...to,
      idleTimeout: duration(tcp.idleTimeout),
      maxDownstreamConnectionDuration: duration(tcp.maxConnectionDuration),
      hashPolicy: hashesSourceIp(rule, subset) ? [{ sourceIp: {} }] : undefined,
    },
  );
}

/** TCP has nothing but the source address to hash; a subset's own load balancer decides for it. */
function hashesSourceIp(rule: DestinationRule | undefined, name: string): boolean {
  const useSourceIp = (policy: Spec | undefined): boolean =>
    asRecord(asRecord(policy?.loadBalancer).consistentHash).useSourceIp === true;
  const subset = rule?.subsets.find((one) => one.name === name);
  const own = subset?.trafficPolicy;
  return own?.loadBalancer === undefined ? useSourceIp(rule?.trafficPolicy) : useSourceIp(own);
}

/** Istio has Envoy read along on MongoDB's ports, for statistics. */
function withProtocol(protocol: PortProtocol, statPrefix: string, proxy: JsonObject): JsonObject[] {
  if (protocol !== 'mongo') return [proxy];
  const mongo = extension(
    'envoy.filters.network.mongo_proxy',
    'envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy',
    { statPrefix },
  );
  return [mongo, proxy];
}

/** The `route` list of a `tcp` or `tls` rule. */
export function targetsOf(rule: Spec): Spec[] {
  return asRecords(rule.route);
}
