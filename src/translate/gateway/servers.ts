import { ofKind } from '../../manifests/build-world.ts';
import {
  asNumber,
  asRecord,
  asRecords,
  asString,
  asStringMap,
  asStrings,
} from '../../manifests/fields.ts';
import { isHttp, protocolNamed } from '../../manifests/port-protocol.ts';
import { matchesLabels, servicesOf, targetPortOf } from '../../manifests/select.ts';
import type { PortProtocol, Resource } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import { byAge } from '../values/order.ts';

/** One `servers` entry of a Gateway that a proxy serves. */
export interface GatewayServer {
  /** `NAMESPACE/NAME` of its Gateway, as VirtualServices are bound to it. */
  gateway: string;
  /** As the Gateway says: names virtual hosts, and is what `match.port` means. */
  port: number;
  /** What the proxy listens on: the target port of its Service for {@link GatewayServer.port}, else the same. */
  listenPort: number;
  protocol: PortProtocol;
  /** `HOST` for VirtualServices of every namespace, `NAMESPACE/HOST` for those of one. */
  hosts: string[];
  /** Requests in plain text are answered by a redirect to HTTPS. */
  redirectsToHttps: boolean;
}

/** Name of the route configuration of a gateway's plain HTTP port. */
export function gatewayRouteName(listenPort: number): string {
  return `http.${listenPort}`;
}

/**
 * The servers of a gateway proxy by the port it listens on, in the order in which ports come up: Gateways are taken
 * oldest first. HTTP servers of one port share its listener and routes; of other servers of one port the first wins.
 * Servers that end or pass on TLS are left out (checkSupported refuses them).
 */
export function gatewayServers(context: TranslateContext): Map<number, GatewayServer[]> {
  const byPort = new Map<number, GatewayServer[]>();
  for (const gateway of gatewaysOf(context)) {
    for (const server of asRecords(asRecord(gateway.body.spec).servers)) {
      const read = readServer(server, gateway, context);
      if (read === undefined) continue;
      const known = byPort.get(read.listenPort);
      if (known === undefined) byPort.set(read.listenPort, [read]);
      else if (known.every(isHttpServer) && isHttpServer(read)) known.push(read);
    }
  }
  return byPort;
}

/** Whether requests are routed one by one, not connections as a whole. */
export function isHttpServer(server: GatewayServer): boolean {
  return isHttp(server.protocol);
}

/** Gateways whose selector the proxy's labels satisfy; their namespace does not matter. */
function gatewaysOf({ world, proxy }: TranslateContext): Resource[] {
  return ofKind(world.resources, 'Gateway')
    .filter((gateway) => gateway.apiVersion.startsWith('networking.istio.io/'))
    .filter((gateway) =>
      matchesLabels(asStringMap(asRecord(gateway.body.spec).selector), proxy.labels),
    )
    .sort(byAge);
}

function readServer(
  server: Record<string, unknown>,
  gateway: Resource,
  context: TranslateContext,
): GatewayServer | undefined {
  const { name, namespace } = gateway.metadata;
  const { number, protocol: named } = asRecord(server.port);
  const port = asNumber(number);
  const protocol = protocolNamed(asString(named) ?? '') ?? 'auto';
  const isTls = protocol === 'https' || protocol === 'tls';
  if (port === undefined || isTls || (!isHttp(protocol) && server.tls !== undefined))
    return undefined;
  return {
    gateway: `${namespace}/${name}`,
    port,
    listenPort: listenPortOf(context, port),
    protocol,
    hosts: serverHosts(asStrings(server.hosts), namespace),
    redirectsToHttps: asRecord(server.tls).httpsRedirect === true,
  };
}

/** The first Service of the proxy that has the port decides. */
function listenPortOf({ world, proxy }: TranslateContext, port: number): number {
  const services = servicesOf(world, proxy.workload).sort((a, b) => byAge(a.resource, b.resource));
  for (const service of services) {
    const found = service.ports.find((candidate) => candidate.port === port);
    const target = found === undefined ? undefined : targetPortOf(found.targetPort, proxy.workload);
    if (target !== undefined) return target;
  }
  return port;
}

/** `./HOST` is of the Gateway's own namespace, `*` + `/HOST` of any. */
function serverHosts(hosts: string[], namespace: string): string[] {
  if (hosts.includes('*/*')) return ['*'];
  return hosts.map((host) => {
    if (host.startsWith('./')) return `${namespace}/${host.slice(2)}`;
    return host.startsWith('*/') ? host.slice(2) : host;
  });
}
