import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { EnvoyRouteConfiguration } from '../envoy.ts';
import type { VirtualService } from '../policies/virtual-service.ts';
import { httpRoutes } from '../route/http-route.ts';
import { isCatchAll } from '../route/match.ts';
import { isWildcard } from '../values/hosts.ts';
import { compareText } from '../../compare-text.ts';
import { boundTo, commonHosts } from './bindings.ts';
import { type GatewayServer, gatewayRouteName } from './servers.ts';

/** Istio lets a direct response be up to 1 MB; Envoy's own limit is 4 KB. */
const directResponseBytesMax = 1024 * 1024;

/** A virtual host while it is put together. */
interface Draft {
  name: string;
  domains: string[];
  routes: JsonObject[];
  requiresTls: boolean;
}

/** The routes of one port of a gateway, by the VirtualServices that are bound to its servers. */
export function gatewayRoutes(
  context: TranslateContext,
  listenPort: number,
  servers: GatewayServer[],
): EnvoyRouteConfiguration {
  const drafts = new Map<string, Draft>();
  const made = new Map<string, JsonObject[]>();
  for (const server of servers) {
    for (const service of boundTo(context, server.gateway)) {
      const hosts = commonHosts(server.hosts, service);
      if (hosts.length === 0) continue;
      const key = `${server.gateway} ${service.key}`;
      const routes = made.get(key) ?? routesOf(context, service, server);
      made.set(key, routes);
      if (routes.length === 0) continue;
      for (const host of hosts) addRoutes(drafts, host.toLowerCase(), routes, server);
    }
    if (server.redirectsToHttps) redirectRest(drafts, server);
  }
  const first = servers[0]?.port ?? listenPort;
  const virtualHosts = drafts.size === 0 ? [blackHole(first)] : finished(drafts);
  return {
    name: gatewayRouteName(listenPort),
    virtualHosts,
    validateClusters: false,
    maxDirectResponseBodySizeBytes: directResponseBytesMax,
    ignorePortInHostMatching: true,
  };
}

function routesOf(
  context: TranslateContext,
  service: VirtualService,
  server: GatewayServer,
): JsonObject[] {
  return httpRoutes(service, {
    context,
    listenPort: server.port,
    gatewayNames: new Set([server.gateway]),
    isTls: server.redirectsToHttps,
    serviceOf: (host) => context.serviceOf(host),
  });
}

function addRoutes(
  drafts: Map<string, Draft>,
  host: string,
  routes: JsonObject[],
  server: GatewayServer,
): void {
  const known = drafts.get(host);
  drafts.set(host, {
    name: `${host}:${known === undefined ? server.port : known.name.slice(host.length + 1)}`,
    domains: [host],
    routes: [...(known?.routes ?? []), ...routes],
    requiresTls: server.redirectsToHttps || known?.requiresTls === true,
  });
}

/** A server that redirects answers for its hosts even where no VirtualService routes them. */
function redirectRest(drafts: Map<string, Draft>, server: GatewayServer): void {
  for (const written of server.hosts) {
    const host = written.toLowerCase();
    const known = drafts.get(host);
    const fresh = { name: `${host}:${server.port}`, domains: [host], routes: [] };
    drafts.set(host, { ...(known ?? fresh), requiresTls: true });
  }
}

/** Joins hosts whose routes are the same, puts routes that match everything last, and sorts by name. */
function finished(drafts: Map<string, Draft>): JsonObject[] {
  const joined: Draft[] = [];
  const hosts = [...drafts.keys()].sort(bySpecificity);
  for (const draft of hosts.flatMap((host) => drafts.get(host) ?? [])) {
    const twin = joined.find(
      (other) => other.requiresTls === draft.requiresTls && sameRoutes(other.routes, draft.routes),
    );
    if (twin === undefined) joined.push({ ...draft, domains: [...draft.domains] });
    else twin.domains.push(...draft.domains);
  }
  return joined
    .sort((a, b) => compareText(a.name, b.name))
    .map(({ name, domains, routes, requiresTls }) => ({
      name,
      domains,
      ...(routes.length > 0 && {
        routes: [...routes.filter((one) => !isCatchAll(one)), ...routes.filter(isCatchAll)],
      }),
      ...(requiresTls && { requireTls: 'ALL' }),
      includeRequestAttemptCount: true,
    }));
}

function sameRoutes(a: JsonObject[], b: JsonObject[]): boolean {
  return a.length === b.length && a.every((route, index) => route === b[index]);
}

/** Longest first, alphabetically, wildcards last: the first of several hosts gives the virtual host its name. */
function bySpecificity(a: string, b: string): number {
  return Number(isWildcard(a)) - Number(isWildcard(b)) || b.length - a.length || compareText(a, b);
}

/** Where nothing is routed, every request gets 404. */
function blackHole(port: number): JsonObject {
  return { name: `blackhole:${port}`, domains: ['*'] };
}
