import { isHttp } from '../../manifests/port-protocol.ts';
import type { PortProtocol } from '../../manifests/world.ts';
import { rbacNetworkFilters } from '../authorization/rbac.ts';
import { securityFilters } from '../authorization/security-filters.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { EnvoyListener } from '../envoy.ts';
import { tcpFilters } from '../listener/tcp-proxy.ts';
import { modeForPort, type PeerAuthentication } from '../policies/peer-authentication.ts';
import { object } from '../values/json.ts';
import { type ChainMatch, chainMatches, type ChainProtocol } from './chain-matches.ts';
import { inboundHttpManager } from './http.ts';
import { inboundListenerFilters } from './listener-filters.ts';
import { inboundMutualTls } from './mutual-tls.ts';
import type { InboundTarget } from './targets.ts';

/** Where redirected inbound connections arrive. */
const inboundPort = 15_006;

/** Traffic that is for one port (0: any other), and the cluster it goes to. */
interface Destination {
  targetPort: number;
  servicePort: number;
  protocol: PortProtocol;
  bind: string;
  cluster: string;
  /** Traffic to a port that no Service declares. */
  passthrough: boolean;
}

/**
 * The listener `virtualInbound`: for each target port the filter chains that its protocol and mutual TLS mode ask
 * for, before them those for ports that no Service declares.
 */
export function inboundListener(
  context: TranslateContext,
  targets: InboundTarget[],
  peer: PeerAuthentication,
): EnvoyListener {
  const security = { http: securityFilters(context), tcp: rbacNetworkFilters(context) };
  const chainsOf = (
    destination: Destination,
  ): { chain: JsonObject; match: ChainMatch; port: number }[] =>
    chainMatches(
      modeForPort(peer, destination.targetPort),
      chainProtocol(destination.protocol),
    ).map((match) => ({
      chain: filterChain(destination, match, security, context.world.trustDomain),
      match,
      port: destination.targetPort,
    }));
  const made = [...passthroughs(targets, peer), ...targets.map(toDestination)].flatMap(chainsOf);
  const inspected = made.map(({ match, port }) => ({
    port,
    tls: match.transport === 'tls',
    http: match.alpn.includes('http/1.1'),
  }));
  return {
    name: 'virtualInbound',
    address: { socketAddress: { address: '0.0.0.0', portValue: inboundPort } },
    filterChains: [blackHole, ...made.map(({ chain }) => chain)],
    listenerFilters: inboundListenerFilters([
      { port: inboundPort, tls: false, http: false },
      ...inspected,
    ]),
    listenerFiltersTimeout: '0s',
    continueOnListenerFiltersTimeout: true,
    trafficDirection: 'INBOUND',
    maxConnectionsToAcceptPerSocketEvent: 1,
  };
}

/** Connections to the inbound port itself would come back for ever. */
const blackHole: JsonObject = {
  filterChainMatch: { destinationPort: inboundPort },
  filters: tcpFilters('BlackHoleCluster', 'tcp', undefined),
  name: 'virtualInbound-blackhole',
};

/** Ports that no Service declares: any of them, and one by one those that have a mutual TLS mode of their own. */
function passthroughs(targets: InboundTarget[], peer: PeerAuthentication): Destination[] {
  const declared = new Set(targets.map((target) => target.targetPort));
  const own = [...peer.byPort.keys()].filter((port) => !declared.has(port)).sort((a, b) => a - b);
  return [0, ...own].map((targetPort) => ({
    targetPort,
    servicePort: 0,
    protocol: 'auto',
    bind: '0.0.0.0',
    cluster: 'InboundPassthroughCluster',
    passthrough: true,
  }));
}

function toDestination({ servicePort, protocol, targetPort, bind }: InboundTarget): Destination {
  const cluster = `inbound|${targetPort}||`;
  return { targetPort, servicePort, protocol, bind, cluster, passthrough: false };
}

function chainProtocol(protocol: PortProtocol): ChainProtocol {
  if (protocol === 'auto') return 'auto';
  return isHttp(protocol) ? 'http' : 'tcp';
}

function filterChain(
  destination: Destination,
  match: ChainMatch,
  security: { http: JsonObject[]; tcp: JsonObject[] },
  trustDomain: string,
): JsonObject {
  const { targetPort, cluster, passthrough, protocol, servicePort } = destination;
  const name = passthrough
    ? match.protocol === 'http'
      ? 'virtualInbound-catchall-http'
      : 'virtualInbound'
    : `${destination.bind}_${targetPort}`;
  const statPrefix = passthrough ? `${cluster};` : `inbound_${name};`;
  const filters =
    match.protocol === 'http'
      ? [
          inboundHttpManager({
            cluster,
            servicePort,
            protocol,
            statPrefix,
            securityFilters: security.http,
          }),
        ]
      : [...security.tcp, ...tcpFilters(cluster, protocol, undefined)];
  return object({
    filterChainMatch: object({
      destinationPort: targetPort === 0 ? undefined : targetPort,
      transportProtocol: match.transport,
      applicationProtocols: match.alpn.length === 0 ? undefined : [...match.alpn],
    }),
    filters,
    transportSocket: match.terminatesTls
      ? inboundMutualTls(trustDomain, match.protocol)
      : undefined,
    name,
  });
}
