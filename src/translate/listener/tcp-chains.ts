import { asNumber, asRecords, asString, asStringMap, asStrings } from '../../manifests/fields.ts';
import { matchesLabels } from '../../manifests/select.ts';
import type { MeshService, PortProtocol } from '../../manifests/world.ts';
import type { Proxy, TranslateContext } from '../context.ts';
import type { Spec, VirtualService } from '../policies/virtual-service.ts';
import { aliasesOf } from '../route/domains.ts';
import { hostsOverlap } from '../values/hosts.ts';
import { outboundCluster } from '../values/names.ts';
import { type Chain, chainOf } from './filter-chain.ts';
import { tcpFilters, tcpRouteFilters, targetsOf } from './tcp-proxy.ts';

/** Where the chains of one service's port are to be put. */
export interface TcpTarget {
  service: MeshService;
  port: number;
  protocol: PortProtocol;
  /** CIDRs of the service, when the listener is shared by address. */
  destinations: string[];
  /** Whether the listener is bound to all addresses although the service has none of its own. */
  isShared: boolean;
  virtualServices: VirtualService[];
}

/** Whether a port carries TLS that the sidecar passes on unopened: it can be routed by SNI. */
function isTlsPort(protocol: PortProtocol): boolean {
  return protocol === 'https' || protocol === 'tls';
}

/** The chains of a TCP or TLS port: by the `tcp` or `tls` routes of VirtualServices, else straight to the service. */
export function tcpChains(context: TranslateContext, target: TcpTarget): Chain[] {
  const concerning = target.virtualServices.filter((one) =>
    one.hosts.some((host) => hostsOverlap(host, target.service.host)),
  );
  return isTlsPort(target.protocol)
    ? tlsChains(context, target, concerning)
    : plainChains(context, target, concerning);
}

function tlsChains(
  context: TranslateContext,
  target: TcpTarget,
  services: VirtualService[],
): Chain[] {
  const chains: Chain[] = [];
  const seen = new Set<string>();
  let destinations = target.destinations;
  for (const service of services) {
    for (const rule of service.tls.filter((one) => targetsOf(one).length > 0)) {
      for (const match of asRecords(rule.match).filter((one) =>
        applies(one, context.proxy, target.port),
      )) {
        const subnets = asStrings(match.destinationSubnets);
        if (subnets.length > 0) destinations = subnets;
        const sniHosts = asStrings(match.sniHosts);
        // Of two matches that differ only in what is decided here, the first wins.
        const key = `${sniHosts.join(',')}|${subnets.join(',')}`;
        if (seen.has(key)) continue;
        seen.add(key);
        chains.push({ ...routed(context, rule, target, service), sniHosts, destinations });
      }
    }
  }
  return chains.length > 0
    ? chains
    : [{ ...straight(context, target), sniHosts: sniOf(context, target) }];
}

/** Where an address does not tell the service, its name in the TLS handshake must. */
function sniOf(context: TranslateContext, target: TcpTarget): string[] {
  if (target.destinations.length === 0 && !target.isShared) return [];
  return [target.service.host, ...aliasesOf(context, target.service.host)];
}

function plainChains(
  context: TranslateContext,
  target: TcpTarget,
  services: VirtualService[],
): Chain[] {
  const chains: Chain[] = [];
  for (const service of services) {
    for (const rule of service.tcp.filter((one) => targetsOf(one).length > 0)) {
      const matches = asRecords(rule.match).filter((one) =>
        applies(one, context.proxy, target.port),
      );
      const isUnconditional = asRecords(rule.match).length === 0;
      if (
        isUnconditional ||
        matches.some((one) => asStrings(one.destinationSubnets).length === 0)
      ) {
        return [
          ...chains,
          { ...routed(context, rule, target, service), destinations: target.destinations },
        ];
      }
      const destinations = matches.flatMap((one) => asStrings(one.destinationSubnets));
      if (destinations.length > 0) {
        chains.push({ ...routed(context, rule, target, service), destinations });
      }
    }
  }
  return [...chains, straight(context, target)];
}

function applies(match: Spec, proxy: Proxy, port: number): boolean {
  const gateways = asStrings(match.gateways);
  const matchPort = asNumber(match.port) ?? 0;
  const namespace = asString(match.sourceNamespace) ?? '';
  return (
    (gateways.length === 0 || gateways.includes('mesh')) &&
    matchesLabels(asStringMap(match.sourceLabels), proxy.labels) &&
    (matchPort === 0 || matchPort === port) &&
    (namespace === '' || namespace === proxy.namespace)
  );
}

function routed(
  context: TranslateContext,
  rule: Spec,
  target: TcpTarget,
  owner: VirtualService,
): Chain {
  const name = `${owner.name}.${owner.namespace}`;
  return chainOf(tcpRouteFilters(context, targetsOf(rule), target, name));
}

function straight(context: TranslateContext, target: TcpTarget): Chain {
  const { service, protocol, destinations } = target;
  const port = service.ports.length === 1 ? (service.ports[0]?.port ?? target.port) : target.port;
  const cluster = outboundCluster(port, '', service.host);
  return {
    ...chainOf(tcpFilters(cluster, protocol, context.destinationRule(service))),
    destinations,
  };
}
