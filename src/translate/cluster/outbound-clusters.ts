import { asRecord } from '../../manifests/fields.ts';
import type { MeshService, ServicePort } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import type { Json } from '../../json.ts';
import type { EnvoyCluster, EnvoyEndpoints } from '../envoy.ts';
import type { DestinationRule, Subset } from '../policies/destination-rules.ts';
import { peerAuthenticationOf } from '../policies/peer-authentication.ts';
import { policyForPort, policyOfSubset } from '../policies/traffic-policy.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { object } from '../values/json.ts';
import { outboundCluster, outboundSni } from '../values/names.ts';
import { connectionPool } from './connection-pool.ts';
import { discovery, type DiscoveryType } from './discovery.ts';
import { endpointsOf, loadAssignment, serviceAccounts } from './endpoints.ts';
import { isPassthrough, loadBalancer } from './load-balancer.ts';
import { outlierDetection, panicThreshold } from './outlier-detection.ts';
import { protocolOptions, protocolParts } from './protocol-options.ts';
import { blackHoleCluster, passthroughCluster } from './special-clusters.ts';
import { clusterTls } from './tls.ts';

/** Clusters and their endpoints. */
export interface ClusterConfig {
  clusters: EnvoyCluster[];
  endpoints: EnvoyEndpoints[];
}

/** A cluster for every port of every service that the proxy may reach, and for every subset of its DestinationRule. */
export function outboundClusters(context: TranslateContext): ClusterConfig {
  const config: ClusterConfig = { clusters: [], endpoints: [] };
  for (const service of context.scope.services) {
    if (service.resolution === 'alias') continue;
    const rule = context.destinationRule(service);
    const accounts = serviceAccounts(context, service);
    for (const port of service.ports.filter((one) => one.protocol !== 'udp')) {
      for (const subset of [undefined, ...(rule?.subsets ?? [])]) {
        addCluster(config, { context, service, port, rule, subset, accounts });
      }
    }
  }
  config.clusters.push(blackHoleCluster());
  if (context.proxy.type === 'sidecar') config.clusters.push(passthroughCluster());
  return config;
}

/** What one cluster is made from. */
interface ClusterInput {
  context: TranslateContext;
  service: MeshService;
  port: ServicePort;
  rule: DestinationRule | undefined;
  /** Undefined: the whole service. */
  subset: Subset | undefined;
  accounts: string[];
}

function addCluster(config: ClusterConfig, input: ClusterInput): void {
  const policy = policyOf(input);
  // Istio starts a subset's cluster from that of the whole service and from the subset's own policy for all ports: a
  // more specific setting cannot take their PASSTHROUGH back.
  const whole = policyForPort(input.rule?.trafficPolicy, input.port.port).policy;
  const startsSo =
    input.subset !== undefined && [whole, input.subset.trafficPolicy].some(isPassthrough);
  const passthrough = startsSo ? 'from-start' : isPassthrough(policy) ? 'by-policy' : 'none';
  const found = discovery(input.context, input, passthrough);
  if (found === undefined) return;
  const { service, port, rule, subset } = input;
  const name = outboundCluster(port.port, subset?.name ?? '', service.host);
  config.clusters.push(cluster(input, name, policy, found.type, found.fields));
  if (found.type === 'EDS') {
    const query = { service, port, rule, subset: subset?.name ?? '' };
    config.endpoints.push(loadAssignment(input.context, query));
  }
}

function policyOf({ rule, subset, port }: ClusterInput): Spec | undefined {
  return subset === undefined
    ? policyForPort(rule?.trafficPolicy, port.port).policy
    : policyOfSubset(rule?.trafficPolicy, subset.trafficPolicy, port.port);
}

function cluster(
  input: ClusterInput,
  name: string,
  policy: Spec | undefined,
  type: DiscoveryType,
  discoveryFields: Record<string, Json>,
): EnvoyCluster {
  const { context, service, port, subset } = input;
  const pool = connectionPool(policy, protocolParts(port.protocol, context.proxy.type), 'outbound');
  const outlier = policy?.outlierDetection;
  const tls = clusterTls({
    settings: policy?.tls === undefined ? undefined : asRecord(policy.tls),
    isAutomatic: isAutomaticTls(input),
    serviceAccounts: input.accounts,
    sni: outboundSni(port.port, subset?.name ?? '', service.host),
    isHttp2: pool.parts.upstream === 'http2',
    isOriginalDestination: type === 'ORIGINAL_DST',
    isServiceEntry: service.origin === 'service-entry',
  });
  const parts = { ...pool.parts, tls: tls.httpOptions };
  return object({
    ...tls.fields,
    name,
    altStatName: `${name};`,
    ...discoveryFields,
    ...pool.fields,
    ...(type === 'ORIGINAL_DST'
      ? { lbPolicy: 'CLUSTER_PROVIDED' }
      : loadBalancer(policy?.loadBalancer)),
    outlierDetection: outlier === undefined ? undefined : outlierDetection(outlier),
    typedExtensionProtocolOptions: protocolOptions(parts),
    commonLbConfig: { healthyPanicThreshold: panicThreshold(outlier) },
  }) as EnvoyCluster;
}

/**
 * Whether Istio's automatic mutual TLS applies: not outside the mesh, not where PeerAuthentication disables it for the
 * service's namespace, and, where the dialled address is used, only if every endpoint has a sidecar. That PASSTHROUGH may
 * come from a port-level setting, or to a subset from its rule, is overlooked by Istio.
 */
function isAutomaticTls({ context, service, port, rule, subset }: ClusterInput): boolean {
  if (service.meshExternal) return false;
  const own = subset === undefined ? rule?.trafficPolicy : subset.trafficPolicy;
  if (service.resolution === 'passthrough' || isPassthrough(own)) {
    const endpoints = endpointsOf(context, service, port);
    if (endpoints.length === 0 || endpoints.some((one) => !one.hasSidecar)) return false;
  }
  const namespace = { namespace: service.namespace, labels: {} };
  return peerAuthenticationOf(context.world, namespace).mode !== 'DISABLE';
}
