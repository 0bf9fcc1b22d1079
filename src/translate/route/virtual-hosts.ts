import { isHttp } from '../../manifests/port-protocol.ts';
import type { MeshService } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import type { EgressListener } from '../policies/sidecar-scope.ts';
import type { VirtualService } from '../policies/virtual-service.ts';
import { hostsOverlap, isSubset, isWildcard } from '../values/hosts.ts';
import { outboundCluster } from '../values/names.ts';
import { compareText } from '../../compare-text.ts';
import { defaultRoute } from './default-route.ts';
import { serviceDomains } from './domains.ts';
import { hashOfService } from './hash-policy.ts';
import { httpRoutes } from './http-route.ts';

/** Routes, and the hosts they are for: services of the mesh, and names that only a VirtualService knows. */
interface HostGroup {
  services: MeshService[];
  otherHosts: string[];
  routes: JsonObject[];
}

const meshGateway: ReadonlySet<string> = new Set(['mesh']);

/** The virtual hosts of one outbound port, sorted by name; `*` for everything else is the caller's. */
export function virtualHosts(
  context: TranslateContext,
  listener: EgressListener,
  port: number,
): JsonObject[] {
  const registry = servicesOnPort(listener.services, port);
  const groups = groupHosts(context, listener, registry, port);
  const known = new Set(
    groups.flatMap((group) => group.services.flatMap(({ host }) => [host, `${host}:${port}`])),
  );
  const names = new Set<string>();
  const taken = new Set<string>();
  const hosts: JsonObject[] = [];
  const add = (host: string, domains: string[], short: Set<string>, routes: JsonObject[]): void => {
    const name = `${host}:${port}`;
    if (names.has(name)) return;
    names.add(name);
    const free = domains.filter((domain) => {
      const isTaken = taken.has(domain.toLowerCase()) || (short.has(domain) && known.has(domain));
      if (!isTaken) taken.add(domain.toLowerCase());
      return !isTaken;
    });
    if (free.length === 0) return;
    hosts.push({ name, domains: free, routes, includeRequestAttemptCount: true });
  };
  for (const { services, otherHosts, routes } of groups) {
    for (const host of otherHosts) add(host.toLowerCase(), [host.toLowerCase()], new Set(), routes);
    for (const service of services) {
      const { domains, short } = serviceDomains(context, service);
      add(service.host, domains, short, routes);
    }
  }
  return hosts.sort((a, b) => compareText(String(a.name), String(b.name)));
}

/** The services that have the port, each with that port alone. Of two with one host the later wins, as in Istio. */
function servicesOnPort(services: MeshService[], port: number): Map<string, MeshService> {
  const found = new Map<string, MeshService>();
  for (const service of services) {
    const ports = service.ports.filter((one) => one.port === port).slice(0, 1);
    const host = service.host.toLowerCase();
    if (ports.length > 0) found.set(host, { ...service, host, ports });
  }
  return found;
}

function groupHosts(
  context: TranslateContext,
  listener: EgressListener,
  registry: Map<string, MeshService>,
  port: number,
): HostGroup[] {
  const groups: HostGroup[] = [];
  for (const service of listener.virtualServices) {
    // Port 80 also takes VirtualServices for hosts that are no services at all.
    if (port !== 80 && !concerns(service, registry)) continue;
    const routes = httpRoutes(service, {
      context,
      listenPort: port,
      gatewayNames: meshGateway,
      isTls: false,
      serviceOf: (host) => registry.get(host),
    });
    if (routes.length === 0) continue;
    const { services, otherHosts } = hostsOf(service, registry, listener);
    const served = services.filter((one) => isHttpOrSniffed(one));
    if (served.length === 0 && port !== 80) continue;
    groups.push({ services: served, otherHosts, routes });
  }
  const routed = new Set(groups.flatMap((group) => group.services.map((one) => one.host)));
  for (const service of registry.values()) {
    if (routed.has(service.host) || service.resolution === 'alias' || !isHttpOrSniffed(service))
      continue;
    const cluster = outboundCluster(port, '', service.host);
    const routes = [defaultRoute(cluster, hashOfService(context, service, port))];
    groups.push({ services: [service], otherHosts: [], routes });
  }
  return groups;
}

function isHttpOrSniffed(service: MeshService): boolean {
  return service.ports.some(({ protocol }) => isHttp(protocol) || protocol === 'auto');
}

function concerns(service: VirtualService, registry: Map<string, MeshService>): boolean {
  const hosts = [...registry.keys()];
  return service.hosts.some((written) => {
    const host = written.toLowerCase();
    if (registry.has(host)) return true;
    if (isWildcard(host)) return hosts.some((one) => hostsOverlap(host, one));
    return hosts.some((one) => isWildcard(one) && isSubset(host, one));
  });
}

/** Splits the hosts of a VirtualService into services that it routes and names that are no service. */
function hostsOf(
  service: VirtualService,
  registry: Map<string, MeshService>,
  listener: EgressListener,
): { services: MeshService[]; otherHosts: string[] } {
  const services: MeshService[] = [];
  const otherHosts: string[] = [];
  for (const written of service.hosts.filter((host) => !isWildcard(host))) {
    const found = registry.get(written.toLowerCase());
    if (found === undefined) otherHosts.push(written);
    else services.push(found);
  }
  for (const wildcard of service.hosts.filter(isWildcard)) {
    const matching = [...registry.values()].filter((one) => hostsOverlap(one.host, wildcard));
    if (matching.length === 0) otherHosts.push(wildcard.toLowerCase());
    // A host that another VirtualService names more closely is that one's.
    services.push(
      ...matching.filter((one) => listener.bestVirtualService.get(one.host) === service.key),
    );
  }
  return { services, otherHosts };
}
