import { securityFilters } from '../authorization/security-filters.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { EnvoyListener } from '../envoy.ts';
import { any, extension } from '../values/json.ts';
import { type GatewayServer, gatewayRouteName, isHttpServer } from './servers.ts';
import { gatewayTcpFilters } from './tcp.ts';

/**
 * The listener of one port of a gateway: policies first, then routes by RDS for HTTP, or the one destination of TCP;
 * the client's address is trusted as it is. None when a TCP port leads nowhere.
 */
export function gatewayListener(
  context: TranslateContext,
  port: number,
  servers: GatewayServer[],
): EnvoyListener[] {
  const [first] = servers;
  if (first === undefined) return [];
  const filters = isHttpServer(first)
    ? [gatewayHttpManager(context, port)]
    : gatewayTcpFilters(context, first);
  if (filters.length === 0) return [];
  return [
    {
      name: `0.0.0.0_${port}`,
      address: { socketAddress: { address: '0.0.0.0', portValue: port } },
      filterChains: [{ filters, transportSocketConnectTimeout: '15s' }],
      trafficDirection: 'OUTBOUND',
      maxConnectionsToAcceptPerSocketEvent: 1,
    },
  ];
}

function gatewayHttpManager(context: TranslateContext, port: number): JsonObject {
  return extension(
    'envoy.filters.network.http_connection_manager',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    {
      statPrefix: `outbound_0.0.0.0_${port};`,
      rds: {
        configSource: { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' },
        routeConfigName: gatewayRouteName(port),
      },
      httpFilters: [
        ...securityFilters(context),
        extension(
          'envoy.filters.http.grpc_stats',
          'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig',
          { emitFilterState: true, statsForAllMethods: false },
        ),
        // Both are inert until a route's typedPerFilterConfig gives them something to do.
        extension('envoy.filters.http.fault', 'envoy.extensions.filters.http.fault.v3.HTTPFault'),
        extension('envoy.filters.http.cors', 'envoy.extensions.filters.http.cors.v3.Cors'),
        extension('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router'),
      ],
      httpProtocolOptions: {},
      serverName: 'istio-envoy',
      streamIdleTimeout: '0s',
      useRemoteAddress: true,
      forwardClientCertDetails: 'SANITIZE_SET',
      setCurrentClientCertDetails: { subject: true, cert: true, dns: true, uri: true },
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
