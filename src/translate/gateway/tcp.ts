import { asNumber, asRecords, asStrings } from '../../manifests/fields.ts';
import { rbacNetworkFilters } from '../authorization/rbac.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import { targetsOf, tcpRouteFilters } from '../listener/tcp-proxy.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { boundTo, commonHosts } from './bindings.ts';
import type { GatewayServer } from './servers.ts';

/** The filters of a TCP server: the first `tcp` route of a VirtualService bound to it; none when nothing is routed. */
export function gatewayTcpFilters(context: TranslateContext, server: GatewayServer): JsonObject[] {
  for (const service of boundTo(context, server.gateway)) {
    if (commonHosts(server.hosts, service).length === 0) continue;
    const route = service.tcp.find(
      (candidate) => targetsOf(candidate).length > 0 && appliesTo(candidate, server),
    );
    if (route === undefined) continue;
    const owner = `${service.name}.${service.namespace}`;
    const { port, protocol } = server;
    return [
      ...rbacNetworkFilters(context),
      ...tcpRouteFilters(context, targetsOf(route), { port, protocol }, owner),
    ];
  }
  return [];
}

function appliesTo(route: Spec, server: GatewayServer): boolean {
  const matches = asRecords(route.match);
  if (matches.length === 0) return true;
  return matches.some((match) => {
    const port = asNumber(match.port) ?? 0;
    const gateways = asStrings(match.gateways);
    return (
      (port === 0 || port === server.port) &&
      (gateways.length === 0 || gateways.includes(server.gateway))
    );
  });
}
