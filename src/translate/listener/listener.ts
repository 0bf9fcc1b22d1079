import type { PortProtocol } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { EnvoyListener } from '../envoy.ts';
import { readDestination } from '../policies/virtual-services.ts';
import { clusterOf } from '../route/destination.ts';
import { extension, nonEmpty, object } from '../values/json.ts';
import { type Chain, filterChain, takesAll } from './filter-chain.ts';

/** An outbound listener in the making. */
export interface ListenerEntry {
  /** `ADDRESS_PORT`. */
  name: string;
  bind: string;
  port: number;
  isBoundToPort: boolean;
  chains: Chain[];
  /** No HTTP chain yet: an HTTP service of the port may still add one. */
  isTcpOnly: boolean;
  serverFirst: PortProtocol | undefined;
  /** A Sidecar lists this port: nothing may be added. */
  isLocked: boolean;
}

/** Envoy's Listener of an entry. What no chain takes is passed on to where it was dialled, or refused, as the Sidecar says. */
export function outboundListener(context: TranslateContext, entry: ListenerEntry): EnvoyListener {
  const specific = entry.chains.filter((chain) => !takesAll(chain)).map(filterChain);
  const [last] = entry.chains.filter(takesAll).map(filterChain).slice(-1);
  const isAlone = last !== undefined && specific.length === 0;
  const inspectors = [
    ...(entry.chains.some((chain) => chain.sniHosts.length > 0) ? [tlsInspector] : []),
    ...(entry.chains.some((chain) => chain.applicationProtocols.length > 0) ? [httpInspector] : []),
  ];
  return object({
    name: entry.name,
    address: { socketAddress: { address: entry.bind, portValue: entry.port } },
    filterChains: isAlone ? [last] : specific,
    defaultFilterChain: isAlone ? undefined : (last ?? fallThrough(context)),
    listenerFilters: nonEmpty(inspectors),
    listenerFiltersTimeout: '0s',
    continueOnListenerFiltersTimeout: true,
    trafficDirection: 'OUTBOUND',
    bindToPort: entry.isBoundToPort ? undefined : false,
    maxConnectionsToAcceptPerSocketEvent: entry.isBoundToPort ? 1 : undefined,
  }) as EnvoyListener;
}

const tlsInspector = extension(
  'envoy.filters.listener.tls_inspector',
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  // Enough for most handshakes' first packet; Envoy's default reserves 64 KB for every connection.
  { initialReadBufferSize: 512 },
);
const httpInspector = extension(
  'envoy.filters.listener.http_inspector',
  'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
);

function fallThrough(context: TranslateContext): JsonObject {
  return {
    filterChainMatch: {},
    filters: fallThroughFilters(context),
    name: 'PassthroughFilterChain',
  };
}

/** What a connection that no service claims goes through: to where it was dialled, to the egress proxy, or nowhere. */
export function fallThroughFilters({ scope }: TranslateContext): JsonObject[] {
  if (scope.outboundTrafficPolicy === 'REGISTRY_ONLY') return [tcpTo('BlackHoleCluster')];
  if (scope.egressProxy === undefined) return [tcpTo('PassthroughCluster')];
  return [tcpTo(clusterOf(readDestination(scope.egressProxy), undefined, 0))];
}

/** The filter that passes a connection on to one cluster as it is. */
export function tcpTo(cluster: string): JsonObject {
  return extension(
    'envoy.filters.network.tcp_proxy',
    'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
    { statPrefix: cluster, cluster },
  );
}

/** Names of the route configurations that listeners ask for by RDS, each once. */
export function routeNames(listeners: EnvoyListener[]): string[] {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        if (key === 'routeConfigName' && typeof child === 'string') names.add(child);
        else visit(child);
      }
    }
  };
  visit(listeners);
  return [...names];
}
