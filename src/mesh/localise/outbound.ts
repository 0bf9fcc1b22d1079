import type { JsonObject } from '../../json.ts';
import { type Outbound, portKeys } from '../pods.ts';
import { connectionLog } from './access-log-format.ts';
import { passthroughCluster, podCluster } from './clusters.ts';
import { rebuildChain } from './http-manager.ts';
import type { LocaliseInput } from './input.ts';
import { loopback, object, objects, socketAddress, text, without } from './json.ts';

/** The listeners and routes that one pod's calls need. */
export interface LocalOutbound {
  listeners: JsonObject[];
  routes: JsonObject[];
}

/**
 * Stands in for `istio.alpn` on ports whose protocol is detected: the callee's sidecar tells HTTP from TCP by this name.
 * Both versions of HTTP may bear it: which one it is shows in its first bytes.
 */
const protocolFilter: JsonObject = {
  name: 'windtunnel.alpn',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config',
    onRequestHeaders: [
      {
        objectKey: 'envoy.network.application_protocols',
        formatString: { textFormatSource: { inlineString: 'istio-http/1.1,istio' } },
      },
    ],
  },
};

/** One listener for each authority that the pod calls; items 7 and 12 of normalise.ts. */
export function outboundListeners(input: LocaliseInput): LocalOutbound {
  const parts = input.pod.outbound.map((outbound) => toOutbound(input, outbound));
  const routes = new Map(
    parts.flatMap((part) => part.routes).map((route) => [text(route.name), route]),
  );
  return { listeners: parts.flatMap(({ listeners }) => listeners), routes: [...routes.values()] };
}

/** Name of the route configuration of one outbound listener: Istio's own name, then who it is for. */
function routeName(istioName: string, authority: string): string {
  return `${istioName}@${authority}`;
}

function luaString(value: string): string {
  return `'${value.replace(/[\\']/g, '\\$&')}'`;
}

/** Restores the name that the caller's configuration had; a client that sends a name of its own keeps it. */
function authorityFilter(authority: string, port: number): JsonObject {
  return {
    name: 'windtunnel.authority',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
      defaultSourceCode: {
        inlineString: [
          'function envoy_on_request(handle)',
          '  local headers = handle:headers()',
          "  local authority = headers:get(':authority')",
          `  if authority == '127.0.0.1:${port}' or authority == 'localhost:${port}' then`,
          `    headers:replace(':authority', ${luaString(authority)})`,
          '  end',
          'end',
        ].join('\n'),
      },
    },
  };
}

function addressIs(listener: JsonObject, ip: string, port: number): boolean {
  const all = [
    listener.address,
    ...objects(listener.additionalAddresses).map((a) => object(a).address),
  ];
  return all.some((address) => {
    const found = socketAddress(address);
    return found?.ip === ip && found.port === port;
  });
}

/** The listener that Envoy would choose for a connection to `outbound`: exact address, then any address, then all ports. */
function listenerFor(input: LocaliseInput, outbound: Outbound): JsonObject | undefined {
  const { listeners } = input.config;
  const { service, port, pod } = outbound;
  const clusterIp = input.clusterIp(service);
  const ips = [...(clusterIp === undefined ? input.podIps(service, pod) : [clusterIp]), '0.0.0.0'];
  for (const ip of ips) {
    const found = listeners.find(
      ({ name, ...listener }) => name !== 'virtualInbound' && addressIs(listener, ip, port.port),
    );
    if (found) return found;
  }
  return listeners.find(({ name }) => name === 'virtualOutbound');
}

function inRange(range: JsonObject, ip: string): boolean {
  const length = Number(range.prefixLen ?? 32);
  const bits = (address: string): number =>
    address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const shift = 2 ** (32 - length);
  return Math.floor(bits(text(range.addressPrefix)) / shift) === Math.floor(bits(ip) / shift);
}

/** Chains that remain when destination address and port are known; matches on them are then dropped. */
function chainsFor(listener: JsonObject, ips: string[], port: number): JsonObject[] {
  const chains = objects(listener.filterChains).filter((chain) => {
    const { destinationPort } = object(chain.filterChainMatch);
    return destinationPort === undefined || destinationPort === port;
  });
  const ranges = (chain: JsonObject): JsonObject[] =>
    objects(object(chain.filterChainMatch).prefixRanges);
  const exact = chains.filter((chain) =>
    ranges(chain).some((range) => ips.some((ip) => inRange(range, ip))),
  );
  const chosen = exact.length > 0 ? exact : chains.filter((chain) => ranges(chain).length === 0);
  return chosen.map((chain) => {
    const match = without(object(chain.filterChainMatch), 'destinationPort', 'prefixRanges');
    return Object.keys(match).length === 0
      ? without(chain, 'filterChainMatch')
      : { ...chain, filterChainMatch: match };
  });
}

function withClusters(routes: JsonObject, rename: (cluster: string) => string): JsonObject {
  return JSON.parse(
    JSON.stringify(routes).replace(
      /"(PassthroughCluster|outbound\|[^"]*)"/g,
      (_, cluster: string) => JSON.stringify(rename(cluster)),
    ),
  ) as JsonObject;
}

/** The cluster that stands here for one of Istio's: see items 10 and 12 of normalise.ts. */
function renameFor(input: LocaliseInput, outbound: Outbound): (cluster: string) => string {
  const dialled = new Set(
    input.config.clusters.filter(({ type }) => type === 'ORIGINAL_DST').map(({ name }) => name),
  );
  return (cluster) => {
    if (cluster === 'PassthroughCluster') return passthroughCluster(outbound);
    return dialled.has(cluster) && cluster.endsWith(`|${outbound.service.host}`)
      ? podCluster(cluster, outbound.pod)
      : cluster;
  };
}

function toOutbound(input: LocaliseInput, outbound: Outbound): LocalOutbound {
  const { authority, service, port, pod } = outbound;
  const localPort = input.port(portKeys.outbound(input.pod.id, authority));
  const rename = renameFor(input, outbound);
  const routes: JsonObject[] = [];
  const changes = {
    log: input.log,
    direction: 'outbound' as const,
    tcpCluster: rename,
    http: (manager: JsonObject): JsonObject => {
      const filters = [
        authorityFilter(authority, localPort),
        ...(port.protocol === 'auto' ? [protocolFilter] : []),
        ...objects(manager.httpFilters),
      ];
      const rds = object(manager.rds);
      const istioName = text(rds.routeConfigName);
      const found = input.config.routes.find(({ name }) => name === istioName);
      if (!found) return { ...manager, httpFilters: filters };
      const name = routeName(istioName, authority);
      routes.push({ ...withClusters(found, rename), name });
      return { ...manager, httpFilters: filters, rds: { ...rds, routeConfigName: name } };
    },
  };
  const clusterIp = input.clusterIp(service);
  const ips = clusterIp === undefined ? input.podIps(service, pod) : [clusterIp];
  const listener = object(listenerFor(input, outbound));
  const chains = chainsFor(listener, ips, port.port).map((chain) => rebuildChain(chain, changes));
  const fallback = listener.defaultFilterChain;
  const name = `outbound|${authority}`;
  const local: JsonObject = {
    name,
    address: loopback(localPort),
    filterChains: chains,
    ...(fallback === undefined
      ? {}
      : {
          defaultFilterChain: without(rebuildChain(object(fallback), changes), 'filterChainMatch'),
        }),
    ...keep(
      listener,
      'listenerFilters',
      'listenerFiltersTimeout',
      'continueOnListenerFiltersTimeout',
    ),
    trafficDirection: 'OUTBOUND',
    accessLog: connectionLog(input.log, name),
  };
  // virtualOutbound finds its filters by original destination, which nothing sets here.
  if (Array.isArray(local.listenerFilters)) {
    local.listenerFilters = objects(local.listenerFilters).filter(
      (filter) => filter.name !== 'envoy.filters.listener.original_dst',
    );
  }
  return { listeners: [local], routes };
}

function keep(json: JsonObject, ...keys: string[]): JsonObject {
  return Object.fromEntries(Object.entries(json).filter(([key]) => keys.includes(key)));
}
