import type { MeshService, Workload, World } from '../manifests/world.ts';
import { type AddressBook, createAddressBook } from './addresses.ts';
import {
  type DestinationRule,
  type DestinationRuleIndex,
  destinationRuleIndex,
  ruleFor,
} from './policies/destination-rules.ts';
import { addImported } from './policies/imported-services.ts';
import { type SidecarScope, sidecarScope } from './policies/sidecar-scope.ts';
import type { VirtualService } from './policies/virtual-service.ts';
import { virtualServicesOf } from './policies/virtual-services.ts';
import { sortServices, visibleServices } from './policies/visibility.ts';

/** The proxy that a configuration is made for. */
export interface Proxy {
  type: 'sidecar' | 'gateway';
  workload: Workload;
  namespace: string;
  /** Labels of its pod. */
  labels: Record<string, string>;
}

/** What every part of the translation is given. Pure data and look-ups: nothing here changes while a configuration is made. */
export interface TranslateContext {
  world: World;
  proxy: Proxy;
  addresses: AddressBook;
  /** All services of the mesh, as Istio orders them: by creation time, then by name and namespace. */
  services: MeshService[];
  /** All VirtualServices, oldest first, short names resolved. */
  virtualServices: VirtualService[];
  /** What the proxy's Sidecar lets it reach; a gateway reaches everything visible to its namespace. */
  scope: SidecarScope;
  /** The service of a host that the proxy may reach. */
  serviceOf(host: string): MeshService | undefined;
  /** The DestinationRule that the proxy applies to a service; `inbound` leaves out those with a workloadSelector. */
  destinationRule(
    service: Pick<MeshService, 'host' | 'namespace'>,
    direction?: 'inbound' | 'outbound',
  ): DestinationRule | undefined;
}

/** What is the same for every proxy of a world, made once for each. */
interface Shared {
  addresses: AddressBook;
  services: MeshService[];
  virtualServices: VirtualService[];
  rules: DestinationRuleIndex;
}

const sharedByWorld = new WeakMap<World, Shared>();

/** The context of one proxy of a world. */
export function createContext(
  world: World,
  workload: Workload,
  type: Proxy['type'],
): TranslateContext {
  const { addresses, services, virtualServices, rules } = shared(world);
  const proxy = { type, workload, namespace: workload.namespace, labels: workload.labels };
  const scope =
    type === 'gateway'
      ? gatewayScope(world, workload)
      : sidecarScope(world, workload, virtualServices);
  const byHost = new Map(scope.services.map((service) => [service.host, service]));
  return {
    world,
    proxy,
    addresses,
    services,
    virtualServices,
    scope,
    serviceOf: (host) => byHost.get(host),
    destinationRule: (service, direction) => ruleFor(rules, service, proxy, direction),
  };
}

function shared(world: World): Shared {
  const known = sharedByWorld.get(world);
  if (known !== undefined) return known;
  const made = {
    addresses: createAddressBook(world),
    services: sortServices(world.services),
    virtualServices: virtualServicesOf(world),
    rules: destinationRuleIndex(world),
  };
  sharedByWorld.set(world, made);
  return made;
}

/** Gateways know no Sidecar: they reach one service of each host that their namespace sees. */
function gatewayScope(world: World, workload: Workload): SidecarScope {
  const services: MeshService[] = [];
  for (const service of visibleServices(world, workload.namespace)) {
    addImported(services, service);
  }
  return {
    sidecar: undefined,
    egress: [],
    services,
    outboundTrafficPolicy: 'ALLOW_ANY',
    egressProxy: undefined,
  };
}
