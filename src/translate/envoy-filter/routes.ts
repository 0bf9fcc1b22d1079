import { asNumber, asRecord, asString } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import type { EnvoyRouteConfiguration } from '../envoy.ts';
import { editList } from './edit-list.ts';
import { mergeMessage } from './merge.ts';
import { messageOf, type Patch, type PatchContext } from './patches.ts';

/** Ports of a gateway's servers, by the port of its proxy that they are served on: patches name the former. */
export type ServerPorts = ReadonlyMap<number, readonly number[]>;

/**
 * Applies the patches of a route configuration, its virtual hosts and their routes.
 *
 * @param patches of the context only, in order
 */
export function patchRoutes(
  routes: EnvoyRouteConfiguration,
  patches: Patch[],
  context: PatchContext,
  serverPorts: ServerPorts = new Map(),
): EnvoyRouteConfiguration {
  const matching = patches.filter((patch) =>
    matchesRoutes(patch, routes.name, context, serverPorts),
  );
  if (matching.length === 0) return routes;
  const merged = mergeAll('ROUTE_CONFIGURATION', routes, matching) as EnvoyRouteConfiguration;
  const virtualHosts = (merged.virtualHosts ?? []).map((host) => {
    const mine = matching.filter((patch) => matchesVirtualHost(patch, host));
    const next = mergeAll('VIRTUAL_HOST', host, mine);
    const { routes: list, ...others } = next;
    const edited = patchRouteList(Array.isArray(list) ? (list as JsonObject[]) : [], mine);
    return edited.length > 0 ? { ...others, routes: edited } : others;
  });
  return { ...merged, virtualHosts };
}

function patchRouteList(routes: JsonObject[], patches: Patch[]): JsonObject[] {
  const mine = patches.filter((patch) => patch.applyTo === 'HTTP_ROUTE');
  const kept = routes.flatMap((route) => {
    let next = route;
    for (const patch of mine) {
      if (!matchesRoute(patch, next)) continue;
      if (patch.operation === 'REMOVE') return [];
      if (isMerge(patch)) next = mergeOne(next, patch);
    }
    return [next];
  });
  return mine.reduce((list, patch) => {
    if (isMerge(patch) || patch.operation === 'REMOVE') return list;
    const match = routeMatch(patch);
    const matches =
      match === undefined ? undefined : (route: JsonObject) => matchesRoute(patch, route);
    // Unlike filters, a route goes first only where the route that the patch names is there.
    if (patch.operation === 'INSERT_FIRST' && matches !== undefined && !list.some(matches))
      return list;
    return editList(list, patch.operation, patch.value, matches);
  }, kept);
}

function isMerge({ operation }: Patch): boolean {
  return operation === 'MERGE' || operation === 'MERGE_AND_REPLACE_LIST';
}

function mergeAll(applyTo: Patch['applyTo'], target: JsonObject, patches: Patch[]): JsonObject {
  return patches
    .filter((patch) => patch.applyTo === applyTo && isMerge(patch))
    .reduce(mergeOne, target);
}

function mergeOne(target: JsonObject, { applyTo, operation, value }: Patch): JsonObject {
  return mergeMessage(messageOf(applyTo), target, value, operation === 'MERGE_AND_REPLACE_LIST');
}

function routeConfigurationMatch(patch: Patch): Record<string, unknown> {
  return asRecord(patch.match.routeConfiguration);
}

function routeMatch(patch: Patch): Record<string, unknown> | undefined {
  const { route } = asRecord(routeConfigurationMatch(patch).vhost);
  return route === undefined ? undefined : asRecord(route);
}

function matchesRoutes(
  patch: Patch,
  name: string,
  context: PatchContext,
  serverPorts: ServerPorts,
): boolean {
  const match = routeConfigurationMatch(patch);
  if (match.name !== undefined && match.name !== name) return false;
  const port = asNumber(match.portNumber) ?? 0;
  if (context !== 'GATEWAY') return port === 0 || port === portOfRoutes(name);
  const parsed = parseGatewayRoutes(name);
  if (match.portName !== undefined && match.portName !== parsed.portName) return false;
  if (match.gateway !== undefined && match.gateway !== parsed.gateway) return false;
  return port === 0 || (serverPorts.get(parsed.port) ?? [parsed.port]).includes(port);
}

/** `inbound|PORT||` or `PORT`; other names have no port. */
function portOfRoutes(name: string): number {
  const text = name.startsWith('inbound|') ? (name.split('|')[1] ?? '') : name;
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** `http.PORT` or `https.PORT.PORTNAME.GATEWAY.NAMESPACE`. */
function parseGatewayRoutes(name: string): { port: number; portName: string; gateway: string } {
  const [scheme, port = '0', portName = '', gateway = '', ...namespace] = name.split('.');
  if (scheme === 'http') return { port: Number(port), portName: '', gateway: '' };
  return { port: Number(port), portName, gateway: `${namespace.join('.')}/${gateway}` };
}

function matchesVirtualHost(patch: Patch, host: JsonObject): boolean {
  const match = asRecord(routeConfigurationMatch(patch).vhost);
  const domain = asString(match.domainName);
  if (match.name !== undefined && match.name !== host.name) return false;
  return domain === undefined || (Array.isArray(host.domains) && host.domains.includes(domain));
}

function matchesRoute(patch: Patch, route: JsonObject): boolean {
  const match = routeMatch(patch);
  if (match === undefined) return true;
  if (match.name !== undefined && match.name !== route.name) return false;
  const action = asString(match.action) ?? 'ANY';
  const kinds: [string, string][] = [
    ['route', 'ROUTE'],
    ['redirect', 'REDIRECT'],
    ['directResponse', 'DIRECT_RESPONSE'],
  ];
  const kind = kinds.find(([field]) => route[field] !== undefined)?.[1];
  return action === 'ANY' || kind === undefined || kind === action;
}
