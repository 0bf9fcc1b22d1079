import { connectionPool } from '../cluster/connection-pool.ts';
import { protocolOptions, protocolParts } from '../cluster/protocol-options.ts';
import { passthroughCluster } from '../cluster/special-clusters.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { EnvoyCluster } from '../envoy.ts';
import { policyForPort } from '../policies/traffic-policy.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { object } from '../values/json.ts';
import type { InboundTarget } from './targets.ts';

/** Clusters to the workload itself, one for each port, and one for ports that no Service declares. */
export function inboundClusters(
  context: TranslateContext,
  targets: InboundTarget[],
): EnvoyCluster[] {
  return [
    ...targets.map((target) => inboundCluster(context, target)),
    {
      ...passthroughCluster(),
      name: 'InboundPassthroughCluster',
      altStatName: 'InboundPassthroughCluster;',
      upstreamBindConfig,
    },
  ];
}

/** Source address by which redirection rules know that a connection comes from the proxy and must not return to it. */
const upstreamBindConfig: JsonObject = { sourceAddress: { address: '127.0.0.6', portValue: 0 } };

/**
 * The limits of the Service's DestinationRule hold here, too, so that the receiver takes what callers may send; its
 * balancing, ejection and TLS are the callers' own business.
 */
function inboundCluster(context: TranslateContext, target: InboundTarget): EnvoyCluster {
  const name = `inbound|${target.targetPort}||`;
  const { fields, parts } = connectionPool(
    inboundPolicy(context, target),
    protocolParts(target.protocol, 'sidecar'),
    'inbound',
  );
  const isLocal = target.endpointPort !== undefined;
  return object({
    name,
    altStatName: `${name};`,
    type: isLocal ? 'STATIC' : 'ORIGINAL_DST',
    lbPolicy: isLocal ? undefined : 'CLUSTER_PROVIDED',
    loadAssignment: isLocal ? localAssignment(name, target.endpointPort ?? 0) : undefined,
    ...fields,
    typedExtensionProtocolOptions: protocolOptions(parts),
    // As long as a duration goes: destinations must not be forgotten.
    cleanupInterval: isLocal ? undefined : '9223372035s',
    upstreamBindConfig: isLocal ? undefined : upstreamBindConfig,
    commonLbConfig: {},
  }) as EnvoyCluster;
}

function inboundPolicy(context: TranslateContext, target: InboundTarget): Spec | undefined {
  const { service, servicePort } = target;
  // Istio looks up rules of services that the proxy's own Sidecar imports, and of no others.
  const rule =
    service === undefined || context.serviceOf(service.host) === undefined
      ? undefined
      : context.destinationRule(service, 'inbound');
  const policy = policyForPort(rule?.trafficPolicy, servicePort).policy;
  if (target.connectionPool === undefined) return policy;
  return { ...policy, connectionPool: target.connectionPool };
}

function localAssignment(clusterName: string, port: number): JsonObject {
  const address = { socketAddress: { address: '127.0.0.1', portValue: port } };
  return { clusterName, endpoints: [{ lbEndpoints: [{ endpoint: { address } }] }] };
}
