import { outboundClusters } from './cluster/outbound-clusters.ts';
import type { TranslateContext } from './context.ts';
import type { EnvoyConfig } from './envoy.ts';
import { gatewayListener } from './gateway/listener.ts';
import { gatewayRoutes } from './gateway/routes.ts';
import { gatewayServers, isHttpServer } from './gateway/servers.ts';

/**
 * The configuration of a gateway proxy: a listener for each HTTP or TCP port that the Gateways selecting it name,
 * routes by the VirtualServices bound to them, and clusters for every service that its namespace sees.
 */
export function gatewayConfig(context: TranslateContext): EnvoyConfig {
  const ports = [...gatewayServers(context)];
  return {
    listeners: ports.flatMap(([port, servers]) => gatewayListener(context, port, servers)),
    ...outboundClusters(context),
    routes: ports
      .filter(([, servers]) => servers.every(isHttpServer))
      .map(([port, servers]) => gatewayRoutes(context, port, servers)),
  };
}
