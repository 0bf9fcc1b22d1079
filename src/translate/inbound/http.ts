import type { PortProtocol } from '../../manifests/world.ts';
import { isHttp2 } from '../../manifests/port-protocol.ts';
import type { JsonObject } from '../../json.ts';
import { any, extension, object } from '../values/json.ts';

/** What an inbound HTTP filter chain leads to. */
export interface InboundHttp {
  cluster: string;
  /** Port of the Service; 0 for traffic to a port that no Service declares. */
  servicePort: number;
  protocol: PortProtocol;
  statPrefix: string;
  /** Filters that authenticate and authorize, in front of all others. */
  securityFilters: JsonObject[];
}

/**
 * The HTTP connection manager of an inbound chain: one route to the workload itself, no timeout (the caller's route
 * has it), and two retries of requests that were never sent, save for gRPC, whose streams they would break.
 */
export function inboundHttpManager(http: InboundHttp): JsonObject {
  return extension(
    'envoy.filters.network.http_connection_manager',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    {
      statPrefix: http.statPrefix,
      routeConfig: inboundRoutes(http),
      httpFilters: inboundHttpFilters(http),
      http2ProtocolOptions: isHttp2(http.protocol) ? {} : undefined,
      serverName: 'istio-envoy',
      streamIdleTimeout: '0s',
      useRemoteAddress: false,
      forwardClientCertDetails: 'APPEND_FORWARD',
      setCurrentClientCertDetails: { subject: true, dns: true, uri: true },
      proxy100Continue: true,
      upgradeConfigs: [{ upgradeType: 'websocket' }],
      normalizePath: true,
      pathWithEscapedSlashesAction: 'KEEP_UNCHANGED',
      requestIdExtension: {
        typedConfig: any('envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig', {
          useRequestIdForTraceSampling: true,
        }),
      },
    },
  );
}

function inboundRoutes({ cluster, servicePort, protocol }: InboundHttp): JsonObject {
  const isGrpc = protocol === 'grpc' || protocol === 'grpc-web';
  const route = object({
    cluster,
    timeout: '0s',
    retryPolicy: isGrpc ? undefined : { retryOn: 'reset-before-request', numRetries: 2 },
    maxStreamDuration: { maxStreamDuration: '0s', grpcTimeoutHeaderMax: '0s' },
  });
  return {
    name: cluster,
    virtualHosts: [
      {
        name: `inbound|http|${servicePort}`,
        domains: ['*'],
        routes: [{ name: 'default', match: { prefix: '/' }, route }],
      },
    ],
    validateClusters: false,
  };
}

function inboundHttpFilters({ protocol, securityFilters }: InboundHttp): JsonObject[] {
  const grpcWeb = extension(
    'envoy.filters.http.grpc_web',
    'envoy.extensions.filters.http.grpc_web.v3.GrpcWeb',
  );
  return [
    ...securityFilters,
    ...(protocol === 'grpc-web' ? [grpcWeb] : []),
    extension(
      'envoy.filters.http.grpc_stats',
      'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig',
      { emitFilterState: true, statsForAllMethods: false },
    ),
    // Inert until a route's typedPerFilterConfig gives it something to do: EnvoyFilters inject faults here.
    extension('envoy.filters.http.fault', 'envoy.extensions.filters.http.fault.v3.HTTPFault'),
    extension('envoy.filters.http.cors', 'envoy.extensions.filters.http.cors.v3.Cors'),
    extension('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router'),
  ];
}
