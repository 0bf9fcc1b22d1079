import { asNumber, asRecords, asString, asStringMap, asStrings } from '../../manifests/fields.ts';
import { matchesLabels } from '../../manifests/select.ts';
import type { Proxy } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { Spec, VirtualService } from '../policies/virtual-service.ts';
import { object } from '../values/json.ts';
import { corsFilter } from './cors.ts';
import { directResponseAction } from './direct-response.ts';
import { faultFilter } from './fault.ts';
import { headerOperations, type HeaderOperations } from './headers.ts';
import { isCatchAll, routeMatch } from './match.ts';
import { redirectAction } from './redirect.ts';
import { forwardingRoute, headerFields } from './route-action.ts';
import type { RouteOptions } from './route-options.ts';

/** Envoy's routes of a VirtualService, in its order, up to the first that matches everything; empty when none applies here. */
export function httpRoutes(service: VirtualService, options: RouteOptions): JsonObject[] {
  const routes: JsonObject[] = [];
  for (const route of service.http) {
    const matches = asRecords(route.match);
    for (const match of matches.length === 0 ? [undefined] : matches) {
      if (!applies(match, options)) continue;
      const made = httpRoute(route, match, options);
      routes.push(made);
      if (isCatchAll(made)) return routes;
    }
    if (matches.length === 0) return routes;
  }
  return routes;
}

/** Port, gateways, source labels and source namespace are decided here: the configuration is made for one proxy. */
function applies(match: Spec | undefined, options: RouteOptions): boolean {
  if (match === undefined) return true;
  const port = asNumber(match.port) ?? 0;
  if (port !== 0 && port !== options.listenPort) return false;
  const gateways = asStrings(match.gateways);
  if (gateways.length > 0) return gateways.some((gateway) => options.gatewayNames.has(gateway));
  return fromSource(match, options.context.proxy);
}

function fromSource(match: Spec, proxy: Proxy): boolean {
  const namespace = asString(match.sourceNamespace) ?? '';
  return (
    matchesLabels(asStringMap(match.sourceLabels), proxy.labels) &&
    (namespace === '' || namespace === proxy.namespace)
  );
}

function httpRoute(route: Spec, match: Spec | undefined, options: RouteOptions): JsonObject {
  const { headers, action } = outcomeOf(route, options);
  const filters = object({
    'envoy.filters.http.fault': route.fault === undefined ? undefined : faultFilter(route.fault),
    'envoy.filters.http.cors':
      route.corsPolicy === undefined ? undefined : corsFilter(route.corsPolicy),
  });
  const name = nameOf(route, match);
  const statPrefix = asString(match?.statPrefix);
  return object({
    name: name === '' ? undefined : name,
    match: routeMatch(match),
    ...action,
    typedPerFilterConfig: Object.keys(filters).length === 0 ? undefined : filters,
    ...headerFields(headers),
    statPrefix: statPrefix === '' ? undefined : statPrefix,
  });
}

function nameOf(route: Spec, match: Spec | undefined): string {
  const name = asString(route.name) ?? '';
  const matchName = asString(match?.name) ?? '';
  return matchName === '' ? name : `${name}.${matchName}`;
}

/** The field of an Envoy route that says what it does, and the route's header operations. */
interface RouteOutcome {
  action: JsonObject;
  headers: HeaderOperations;
}

function outcomeOf(route: Spec, options: RouteOptions): RouteOutcome {
  const headers = headerOperations(route.headers);
  if (route.redirect !== undefined) {
    const redirect = redirectAction(route.redirect, options.listenPort, options.isTls);
    return { action: { redirect }, headers };
  }
  if (route.directResponse !== undefined) {
    return { action: { directResponse: directResponseAction(route.directResponse) }, headers };
  }
  const forwarding = forwardingRoute(route, options);
  return { action: { route: forwarding.action }, headers: forwarding.headers };
}
