import { asRecord } from '../../manifests/fields.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { EnvoyRouteConfiguration } from '../envoy.ts';
import type { EgressListener } from '../policies/sidecar-scope.ts';
import { readDestination } from '../policies/virtual-services.ts';
import { clusterOf } from './destination.ts';
import { timeouts } from './timeout.ts';
import { virtualHosts } from './virtual-hosts.ts';

/** Istio lets a direct response be up to 1 MB; Envoy's own limit is 4 KB. */
const directResponseBytesMax = 1024 * 1024;

/**
 * The route configuration that a sidecar's outbound listener asks for: `PORT` for all hosts of a port, or `HOST:PORT` for
 * the one service of a sniffed port.
 */
export function outboundRoutes(context: TranslateContext, name: string): EnvoyRouteConfiguration {
  const separator = name.indexOf(':');
  const port = Number(name.slice(separator + 1));
  const listener = listenerFor(context, port);
  const hosts = listener === undefined ? [] : virtualHosts(context, listener, port);
  const isSniffed = separator !== -1;
  return {
    name,
    virtualHosts: isSniffed ? hostsOfOneService(hosts, name) : [...hosts, everythingElse(context)],
    validateClusters: false,
    maxDirectResponseBodySizeBytes: directResponseBytesMax,
    ignorePortInHostMatching: true,
  };
}

function listenerFor(context: TranslateContext, port: number): EgressListener | undefined {
  return context.scope.egress.find(
    (listener) => listener.port === undefined || listener.port.number === port,
  );
}

/** The listener is the service's own, so whatever host is asked for is meant for it. */
function hostsOfOneService(hosts: JsonObject[], name: string): JsonObject[] {
  const host = name.slice(0, name.indexOf(':'));
  const own = hosts.filter(
    ({ domains }) => Array.isArray(domains) && (domains.includes(name) || domains.includes(host)),
  );
  return own.length === 1 ? own.map((one) => ({ ...one, domains: ['*'] })) : own;
}

/** What becomes of hosts that the port doesn't know: passed on to where they were dialled, or refused with 502. */
function everythingElse(context: TranslateContext): JsonObject {
  const { outboundTrafficPolicy, egressProxy } = context.scope;
  if (outboundTrafficPolicy === 'REGISTRY_ONLY') {
    const route = { name: 'block_all', match: { prefix: '/' }, directResponse: { status: 502 } };
    return catchAll('block_all', route);
  }
  const cluster =
    egressProxy === undefined
      ? 'PassthroughCluster'
      : clusterOf(readDestination(asRecord(egressProxy)), undefined, 0);
  const route = { cluster, ...timeouts(undefined) };
  return catchAll('allow_any', { name: 'allow_any', match: { prefix: '/' }, route });
}

function catchAll(name: string, route: JsonObject): JsonObject {
  return { name, domains: ['*'], routes: [route], includeRequestAttemptCount: true };
}
