import { asRecord, asRecords, asString, asStringMap, asStrings } from '../../manifests/fields.ts';
import { ofKind } from '../../manifests/build-world.ts';
import { matchesLabels } from '../../manifests/select.ts';
import { protocolNamed } from '../../manifests/port-protocol.ts';
import type { MeshService, Resource, Workload, World } from '../../manifests/world.ts';
import { hostsOverlap, isSubset, isWildcard, mostSpecific } from '../values/hosts.ts';
import { byAge } from '../values/order.ts';
import { addImported, destinationPortsOf, withPorts } from './imported-services.ts';
import type { Spec, VirtualService } from './virtual-service.ts';
import { visibleServices } from './visibility.ts';

/** One `egress` entry of a Sidecar, or the default one, and what it imports. */
export interface EgressListener {
  /** The entry's port; undefined: every port that no other entry names. */
  port: Spec | undefined;
  /** The entry's `bind`; empty: not given. */
  bind: string;
  captureMode: string;
  services: MeshService[];
  virtualServices: VirtualService[];
  /** Host of a service → key of the VirtualService whose host matches it best. */
  bestVirtualService: Map<string, string>;
}

/** What one sidecar may reach, and what becomes of traffic to anything else. */
export interface SidecarScope {
  /** The Sidecar in force; undefined: none, everything visible is imported. */
  sidecar: Resource | undefined;
  egress: EgressListener[];
  /** Union over all egress listeners, and what their VirtualServices route to. One per host. */
  services: MeshService[];
  outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /** `outboundTrafficPolicy.egressProxy`. */
  egressProxy: Spec | undefined;
}

/** The Sidecar that governs a workload: one of its namespace that selects it, else one without selector, else the root namespace's. */
function sidecarFor(world: World, workload: Workload): Resource | undefined {
  const all = ofKind(world.resources, 'Sidecar').sort(byAge);
  const selectorOf = (sidecar: Resource): unknown => asRecord(sidecar.body.spec).workloadSelector;
  const own = all.filter((sidecar) => sidecar.metadata.namespace === workload.namespace);
  const selecting = own.find(
    (sidecar) =>
      selectorOf(sidecar) !== undefined &&
      matchesLabels(asStringMap(asRecord(selectorOf(sidecar)).labels), workload.labels),
  );
  const unselective = (sidecar: Resource): boolean => selectorOf(sidecar) === undefined;
  return (
    selecting ??
    own.find(unselective) ??
    all.find((one) => one.metadata.namespace === world.rootNamespace && unselective(one))
  );
}

/** The scope of a sidecar. */
export function sidecarScope(
  world: World,
  workload: Workload,
  virtualServices: VirtualService[],
): SidecarScope {
  const sidecar = sidecarFor(world, workload);
  const spec = asRecord(sidecar?.body.spec);
  const entries = asRecords(spec.egress);
  const visible = visibleServices(world, workload.namespace);
  const meshed = orderedForMesh(virtualServices, workload.namespace);
  const egress = (entries.length === 0 ? [{ hosts: ['*/*'] }] : entries).map((entry) =>
    egressListener(entry, workload.namespace, visible, meshed),
  );
  const policy = asRecord(spec.outboundTrafficPolicy);
  return {
    sidecar,
    egress,
    services: collectServices(world, workload.namespace, egress),
    outboundTrafficPolicy: policy.mode === 'REGISTRY_ONLY' ? 'REGISTRY_ONLY' : 'ALLOW_ANY',
    egressProxy: policy.egressProxy === undefined ? undefined : asRecord(policy.egressProxy),
  };
}

/** VirtualServices bound to the mesh that a namespace sees: its private ones, then those exported to it, then public ones. */
function orderedForMesh(all: VirtualService[], namespace: string): VirtualService[] {
  const meshed = all.filter((one) => one.gateways.includes('mesh'));
  const isPublic = (one: VirtualService): boolean => one.exportTo.has('*');
  const named = meshed.filter((one) => !isPublic(one) && one.exportTo.has(namespace));
  return [
    ...named.filter((one) => one.namespace === namespace),
    ...named.filter((one) => one.namespace !== namespace),
    ...meshed.filter(isPublic),
  ];
}

/** The hosts of an egress entry for one namespace (`*` is every namespace). */
interface ImportedHosts {
  hosts: string[];
  excluded: string[];
}

function egressListener(
  entry: Spec,
  namespace: string,
  visible: MeshService[],
  meshed: VirtualService[],
): EgressListener {
  const imports = readHosts(asStrings(entry.hosts), namespace);
  const port = entry.port === undefined ? undefined : asRecord(entry.port);
  const number = typeof port?.number === 'number' ? port.number : undefined;
  const isProxy = asString(port?.protocol)?.toUpperCase() === 'HTTP_PROXY';
  const onlyPort = isProxy ? undefined : number;
  const services = onePerHost(
    visible.flatMap((service) => importService(service, imports, onlyPort)),
    namespace,
  );
  const virtualServices = meshed.filter((one) => isImported(one, imports));
  return {
    port,
    bind: asString(entry.bind) ?? '',
    captureMode: asString(entry.captureMode) ?? 'DEFAULT',
    services,
    virtualServices,
    bestVirtualService: bestByHost(virtualServices, services),
  };
}

/** Reads `NAMESPACE/HOST` entries, where the namespace may be `*`, `.` or begin with `~` to exclude. */
function readHosts(entries: string[], namespace: string): Map<string, ImportedHosts> {
  const imports = new Map<string, ImportedHosts>();
  for (const entry of entries) {
    const [first = '', host = '', ...rest] = entry.split('/');
    if (rest.length > 0 || host === '') continue;
    const excludes = first.startsWith('~');
    const named = excludes ? first.slice(1) || '*' : first;
    const owner = named === '.' ? namespace : named;
    const known = imports.get(owner) ?? { hosts: [], excluded: [] };
    (excludes ? known.excluded : known.hosts).push(host);
    imports.set(owner, known);
  }
  return imports;
}

function importService(
  service: MeshService,
  imports: Map<string, ImportedHosts>,
  onlyPort: number | undefined,
): MeshService[] {
  const candidates = [imports.get(service.namespace), imports.get('*')];
  if (candidates.some((one) => one?.excluded.some((host) => isSubset(service.host, host))))
    return [];
  const found = candidates.some((one) => one?.hosts.some((host) => isSubset(service.host, host)));
  if (!found) return [];
  if (onlyPort === undefined) return [service];
  const trimmed = withPorts(service, new Set([onlyPort]));
  return trimmed === undefined ? [] : [trimmed];
}

/** Where a host exists in several namespaces, the proxy's own wins, else a Service over a ServiceEntry, else the first. */
function onePerHost(services: MeshService[], namespace: string): MeshService[] {
  const chosen = new Map<string, { namespace: string; isService: boolean }>();
  for (const service of services) {
    const candidate = { namespace: service.namespace, isService: service.origin === 'service' };
    const known = chosen.get(service.host);
    const wins =
      known === undefined ||
      service.namespace === namespace ||
      (!known.isService && candidate.isService && known.namespace !== namespace);
    if (wins) chosen.set(service.host, candidate);
  }
  return services.filter((service) => chosen.get(service.host)?.namespace === service.namespace);
}

function isImported(service: VirtualService, imports: Map<string, ImportedHosts>): boolean {
  const candidates = [imports.get(service.namespace), imports.get('*')];
  return service.hosts.some((host) => {
    if (candidates.some((one) => one?.excluded.some((excluded) => isSubset(host, excluded))))
      return false;
    return candidates.some((one) =>
      one?.hosts.some((imported) =>
        isWildcard(host) || isWildcard(imported) ? hostsOverlap(host, imported) : host === imported,
      ),
    );
  });
}

function bestByHost(
  virtualServices: VirtualService[],
  services: MeshService[],
): Map<string, string> {
  const byHost = new Map<string, string>();
  for (const one of virtualServices) {
    for (const host of one.hosts) if (!byHost.has(host)) byHost.set(host, one.key);
  }
  const best = new Map<string, string>();
  for (const service of services) {
    const key = mostSpecific(service.host, byHost);
    if (key !== undefined) best.set(service.host, key);
  }
  return best;
}

/** Imported services, then the destinations of imported VirtualServices, which are reachable even where no host names them. */
function collectServices(world: World, namespace: string, egress: EgressListener[]): MeshService[] {
  const collected: MeshService[] = [];
  for (const listener of egress) {
    for (const service of listener.services) addImported(collected, service);
    const isProxy = asString(listener.port?.protocol)?.toUpperCase() === 'HTTP_PROXY';
    const listenPort = isProxy ? undefined : listener.port?.number;
    for (const one of listener.virtualServices) {
      for (const [host, ports] of destinationPortsOf(one, namespace)) {
        const target = bestOf(world, host, namespace);
        if (target === undefined) continue;
        const wanted = typeof listenPort === 'number' ? new Set([listenPort]) : ports;
        const trimmed = withPorts(target, wanted);
        if (trimmed !== undefined) addImported(collected, trimmed);
      }
    }
  }
  return collected;
}

/** The service of a host that a namespace gets: its own (exported to it or not), else a visible Service, else the oldest visible ServiceEntry. */
function bestOf(world: World, host: string, namespace: string): MeshService | undefined {
  const own = world.services.find(
    (service) => service.host === host && service.namespace === namespace,
  );
  const visible = visibleServices(world, namespace).filter((service) => service.host === host);
  return own ?? visible.find((service) => service.origin === 'service') ?? visible[0];
}

/** The protocol of a Sidecar's egress port. */
export function egressProtocol(port: Spec): string {
  const name = asString(port.protocol) ?? '';
  return name.toUpperCase() === 'HTTP_PROXY' ? 'http_proxy' : (protocolNamed(name) ?? 'auto');
}
