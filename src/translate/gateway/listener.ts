import { securityFilters } from '../authorization/security-filters.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { EnvoyListener } from '../envoy.ts';
import { httpFilters, httpManager, routesByRds } from '../listener/http-manager.ts';
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
  return httpManager({
    statPrefix: `outbound_0.0.0.0_${port};`,
    rds: routesByRds(gatewayRouteName(port)),
    httpFilters: httpFilters(securityFilters(context), false),
    httpProtocolOptions: {},
    serverName: 'istio-envoy',
    useRemoteAddress: true,
    forwardClientCertDetails: 'SANITIZE_SET',
    setCurrentClientCertDetails: { subject: true, cert: true, dns: true, uri: true },
  });
}
