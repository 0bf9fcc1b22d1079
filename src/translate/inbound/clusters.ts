import { isHttp2 } from '../../manifests/port-protocol.ts';
import type { EnvoyCluster, JsonObject } from '../envoy.ts';
import { any, object } from '../values/json.ts';
import type { InboundTarget } from './targets.ts';

/** Clusters to the workload itself, one for each target port, and one for ports that no Service declares. */
export function inboundClusters(targets: InboundTarget[]): EnvoyCluster[] {
  return [...targets.map(inboundCluster), passthroughCluster()];
}

/** Source address by which redirection rules know that a connection comes from the proxy and must not return to it. */
const upstreamBindConfig: JsonObject = { sourceAddress: { address: '127.0.0.6', portValue: 0 } };

/** Istio's "no limit". */
const unlimited: JsonObject = {
  maxConnections: 4_294_967_295,
  maxPendingRequests: 4_294_967_295,
  maxRequests: 4_294_967_295,
  maxRetries: 4_294_967_295,
};

function inboundCluster({ port, targetPort }: InboundTarget): EnvoyCluster {
  const options = isHttp2(port.protocol)
    ? { explicitHttpConfig: { http2ProtocolOptions: {} } }
    : port.protocol === 'auto'
      ? downstreamProtocol
      : undefined;
  return {
    ...original(`inbound|${targetPort}||`),
    ...protocolOptions(options),
    // As long as the duration goes: destinations must not be forgotten.
    cleanupInterval: '9223372035s',
    upstreamBindConfig,
    commonLbConfig: {},
  };
}

/** To the port that the caller dialled. */
function passthroughCluster(): EnvoyCluster {
  return {
    ...original('InboundPassthroughCluster'),
    ...protocolOptions({
      commonHttpProtocolOptions: { idleTimeout: '300s' },
      ...downstreamProtocol,
    }),
    upstreamBindConfig,
  };
}

const downstreamProtocol: JsonObject = {
  useDownstreamProtocolConfig: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
};

function original(name: string): EnvoyCluster {
  return {
    name,
    type: 'ORIGINAL_DST',
    connectTimeout: '10s',
    lbPolicy: 'CLUSTER_PROVIDED',
    circuitBreakers: { thresholds: [unlimited] },
    altStatName: `${name};`,
  };
}

function protocolOptions(options: JsonObject | undefined): JsonObject {
  const key = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  return object({
    typedExtensionProtocolOptions: options === undefined ? undefined : { [key]: any(key, options) },
  });
}
