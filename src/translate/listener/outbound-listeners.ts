import { asNumber, asString } from '../../manifests/fields.ts';
import { isHttp, protocolNamed } from '../../manifests/port-protocol.ts';
import type { MeshService, PortProtocol } from '../../manifests/world.ts';
import { endpointsOf, isIpAddress } from '../cluster/endpoints.ts';
import type { TranslateContext } from '../context.ts';
import type { EnvoyListener } from '../envoy.ts';
import type { EgressListener } from '../policies/sidecar-scope.ts';
import { type Chain, chainOf, forPlainHttp, isSameMatch } from './filter-chain.ts';
import { outboundHttpManager } from './http-manager.ts';
import { type ListenerEntry, outboundListener } from './listener.ts';
import { tcpChains } from './tcp-chains.ts';

const anyAddress = '0.0.0.0';
/** Ports of the sidecar itself. */
const reservedPorts = new Set([15_001, 15_006]);

/** A service's port, on the address that a listener for it has. */
interface Exposure {
  service: MeshService;
  port: number;
  protocol: PortProtocol;
  /** Empty: by the service's own address. */
  bind: string;
  isBoundToPort: boolean;
  virtualServices: EgressListener['virtualServices'];
}

/**
 * The outbound listeners of a sidecar: one on all addresses for each HTTP port of the mesh, shared by host name; one on the
 * service's own address for each TCP or sniffed port. Ports that a Sidecar lists come first and keep others off.
 */
export function outboundListeners(context: TranslateContext): EnvoyListener[] {
  const entries = new Map<string, ListenerEntry>();
  for (const egress of context.scope.egress) {
    if (egress.port === undefined) {
      for (const entry of entries.values()) entry.isLocked = true;
    }
    for (const exposure of exposuresOf(context, egress)) addExposure(context, exposure, entries);
  }
  return [...entries.values()].map((entry) => outboundListener(context, entry));
}

function exposuresOf(context: TranslateContext, egress: EgressListener): Exposure[] {
  const isBoundToPort = egress.captureMode === 'NONE';
  const bind = egress.bind !== '' ? egress.bind : isBoundToPort ? '127.0.0.1' : '';
  const services = egress.services.filter((service) => service.resolution !== 'alias');
  const common = { bind, isBoundToPort, virtualServices: egress.virtualServices };
  if (egress.port !== undefined) {
    const port = asNumber(egress.port.number) ?? 0;
    const protocol = protocolNamed(asString(egress.port.protocol) ?? '') ?? 'auto';
    if (isReserved(bind, port, protocol)) return [];
    return services.map((service) => ({ ...common, service, port, protocol }));
  }
  return services.flatMap((service) =>
    service.ports
      .filter(({ port, protocol }) => !isReserved(bind, port, protocol))
      .flatMap(({ port, protocol }) => {
        const exposure = { ...common, service, port, protocol };
        return isByPod(context, exposure) ? podExposures(context, exposure) : [exposure];
      }),
  );
}

function isReserved(bind: string, port: number, protocol: PortProtocol): boolean {
  const onAnyAddress = bind === anyAddress || (bind === '' && isHttp(protocol));
  return onAnyAddress && reservedPorts.has(port);
}

/** A headless Service has no address to listen on, and TCP no host name: its callers dial pods, so each pod gets a listener. */
function isByPod(context: TranslateContext, { service, protocol, bind }: Exposure): boolean {
  return (
    bind === '' &&
    service.resolution === 'passthrough' &&
    addressesOf(context, service).length === 0 &&
    !isHttp(protocol) &&
    protocol !== 'udp'
  );
}

function podExposures(context: TranslateContext, exposure: Exposure): Exposure[] {
  const port = exposure.service.ports.find((one) => one.port === exposure.port);
  const endpoints = port === undefined ? [] : endpointsOf(context, exposure.service, port);
  const isPlainEntry =
    exposure.service.origin === 'service-entry' &&
    endpoints.length === 0 &&
    Object.keys(exposure.service.selector).length === 0;
  if (isPlainEntry) return [exposure];
  const own = context.addresses.podIp({ workload: context.proxy.workload, index: 0, podName: '' });
  return endpoints
    .filter(({ address }) => isIpAddress(address) && address !== own)
    .map(({ address }) => ({ ...exposure, bind: address }));
}

function addressesOf(context: TranslateContext, service: MeshService): string[] {
  if (service.origin === 'service-entry') return service.addresses;
  const address = context.addresses.clusterIp(service);
  return address === undefined ? [] : [address];
}

function addExposure(
  context: TranslateContext,
  exposure: Exposure,
  entries: Map<string, ListenerEntry>,
): void {
  if (exposure.protocol === 'udp') return;
  if (isHttp(exposure.protocol)) {
    addHttp(exposure, entries);
    return;
  }
  const addresses = exposure.bind === '' ? addressesOf(context, exposure.service) : [exposure.bind];
  for (const address of addresses.length === 0 ? [anyAddress] : addresses) {
    addTcp(context, exposure, address, entries);
  }
}

/** All HTTP services of a port share one listener; their routes are told apart by host. */
function addHttp(exposure: Exposure, entries: Map<string, ListenerEntry>): void {
  const bind = exposure.bind === '' ? anyAddress : exposure.bind;
  const name = `${bind}_${exposure.port}`;
  const known = entries.get(name);
  if (known?.isLocked === true || (known !== undefined && !known.isTcpOnly)) return;
  const manager = outboundHttpManager(
    String(exposure.port),
    name,
    exposure.protocol === 'grpc-web',
  );
  const chain = bind === anyAddress ? forPlainHttp(chainOf([manager])) : chainOf([manager]);
  addChains(entries, name, exposure, bind, [chain], exposure.protocol);
}

function addTcp(
  context: TranslateContext,
  exposure: Exposure,
  address: string,
  entries: Map<string, ListenerEntry>,
): void {
  const isRange = address.includes('/') && !address.endsWith('/32');
  const bind = isRange ? anyAddress : address.replace(/\/32$/, '');
  const name = `${bind}_${exposure.port}`;
  const known = entries.get(name);
  if (known?.isLocked === true) return;
  const { service, port, protocol, virtualServices } = exposure;
  const chains = tcpChains(context, {
    service,
    port,
    protocol,
    destinations: isRange ? [address] : [],
    isShared: bind === anyAddress && addressesOf(context, service).length === 0,
    virtualServices,
  });
  if (protocol === 'auto' && (known === undefined || known.isTcpOnly)) {
    // The service's own listener needs its own routes: any host that arrives here means this service.
    const routes = bind === anyAddress ? String(port) : `${service.host}:${port}`;
    chains.push(forPlainHttp(chainOf([outboundHttpManager(routes, name, false)])));
  }
  addChains(entries, name, exposure, bind, chains, protocol);
}

function addChains(
  entries: Map<string, ListenerEntry>,
  name: string,
  exposure: Exposure,
  bind: string,
  chains: Chain[],
  protocol: PortProtocol,
): void {
  const isTcpOnly = !isHttp(protocol) && protocol !== 'auto';
  const known = entries.get(name);
  if (known === undefined) {
    entries.set(name, {
      name,
      bind,
      port: exposure.port,
      isBoundToPort: exposure.isBoundToPort,
      chains: [...chains],
      isTcpOnly,
      serverFirst: serverFirst(protocol),
      isLocked: false,
    });
    return;
  }
  // Inspection of the first bytes would break protocols in which the server speaks first.
  const incoming = serverFirst(protocol);
  if ((incoming !== undefined || known.serverFirst !== undefined) && incoming !== known.serverFirst)
    return;
  for (const chain of chains) {
    if (!known.chains.some((one) => isSameMatch(one, chain))) known.chains.push(chain);
  }
  known.isTcpOnly &&= isTcpOnly;
}

function serverFirst(protocol: PortProtocol): PortProtocol | undefined {
  return protocol === 'mongo' || protocol === 'mysql' ? protocol : undefined;
}
