import type { JsonObject } from '../../json.ts';
import { any, extension } from '../values/json.ts';

/** The HTTP connection manager of an outbound listener; its routes come by RDS under `routeConfigName`. */
export function outboundHttpManager(
  routeConfigName: string,
  listenerName: string,
  isGrpcWeb: boolean,
): JsonObject {
  return httpManager({
    statPrefix: `outbound_${listenerName};`,
    rds: routesByRds(routeConfigName),
    httpFilters: httpFilters([], isGrpcWeb),
    useRemoteAddress: false,
  });
}

/** An HTTP connection manager: what Istio gives each one, and `own`, which differs by where it stands. */
export function httpManager(own: Record<string, JsonObject[string] | undefined>): JsonObject {
  return extension(
    'envoy.filters.network.http_connection_manager',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    {
      streamIdleTimeout: '0s',
      proxy100Continue: true,
      upgradeConfigs: [{ upgradeType: 'websocket' }],
      normalizePath: true,
      pathWithEscapedSlashesAction: 'KEEP_UNCHANGED',
      requestIdExtension: {
        typedConfig: any('envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig', {
          useRequestIdForTraceSampling: true,
        }),
      },
      ...own,
    },
  );
}

/** The field `rds` of a connection manager. */
export function routesByRds(routeConfigName: string): JsonObject {
  return {
    configSource: { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' },
    routeConfigName,
  };
}

/** HTTP filters in Istio's order, behind `first`, which authenticate and authorize. */
export function httpFilters(first: JsonObject[], isGrpcWeb: boolean): JsonObject[] {
  const grpcWeb = extension(
    'envoy.filters.http.grpc_web',
    'envoy.extensions.filters.http.grpc_web.v3.GrpcWeb',
  );
  return [
    ...first,
    ...(isGrpcWeb ? [grpcWeb] : []),
    extension(
      'envoy.filters.http.grpc_stats',
      'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig',
      { emitFilterState: true, statsForAllMethods: false },
    ),
    // Both are inert until a route's typedPerFilterConfig gives them something to do; on the inbound side
    // an EnvoyFilter does, which is how experiments inject faults.
    extension('envoy.filters.http.fault', 'envoy.extensions.filters.http.fault.v3.HTTPFault'),
    extension('envoy.filters.http.cors', 'envoy.extensions.filters.http.cors.v3.Cors'),
    extension('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router'),
  ];
}
