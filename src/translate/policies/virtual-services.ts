import { asRecord, asRecords, asString, asStrings } from '../../manifests/fields.ts';
import { ofKind } from '../../manifests/build-world.ts';
import type { Resource, World } from '../../manifests/world.ts';
import { resolveGateway, resolveHost } from '../values/hosts.ts';
import { byAge } from '../values/order.ts';
import { expandDelegates } from './delegates.ts';
import type { Spec, VirtualService } from './virtual-service.ts';

/** All VirtualServices of a world, oldest first; those that are only delegated to are part of others. */
export function virtualServicesOf(world: World): VirtualService[] {
  const resources = ofKind(world.resources, 'VirtualService').sort(byAge);
  const all = resources.map(resolve);
  return expandDelegates(all);
}

function resolve(resource: Resource): VirtualService {
  const spec = asRecord(resource.body.spec);
  const { name, namespace } = resource.metadata;
  const gateways = asStrings(spec.gateways);
  const exportTo = asStrings(spec.exportTo).map((item) => (item === '.' ? namespace : item));
  return {
    key: `${namespace}/${name}`,
    name,
    namespace,
    hosts: asStrings(spec.hosts).map((host) => resolveHost(host, namespace)),
    gateways:
      gateways.length === 0 ? ['mesh'] : gateways.map((one) => resolveGateway(one, namespace)),
    exportTo: new Set(exportTo.length === 0 ? ['*'] : exportTo),
    http: asRecords(spec.http).map((route) => resolveRoute(route, namespace)),
    tcp: asRecords(spec.tcp).map((route) => resolveRoute(route, namespace)),
    tls: asRecords(spec.tls).map((route) => resolveRoute(route, namespace)),
    resource,
  };
}

/** A route with the gateways of its matches and the hosts of its destinations and mirrors resolved. */
function resolveRoute(route: Spec, namespace: string): Spec {
  const resolved: Spec = { ...route };
  if (route.match !== undefined) {
    resolved.match = asRecords(route.match).map((match) =>
      match.gateways === undefined
        ? match
        : {
            ...match,
            gateways: asStrings(match.gateways).map((one) => resolveGateway(one, namespace)),
          },
    );
  }
  for (const field of ['route', 'mirrors']) {
    if (route[field] === undefined) continue;
    resolved[field] = asRecords(route[field]).map((target) => ({
      ...target,
      destination: resolveDestination(target.destination, namespace),
    }));
  }
  if (route.mirror !== undefined) resolved.mirror = resolveDestination(route.mirror, namespace);
  return resolved;
}

function resolveDestination(destination: unknown, namespace: string): Spec {
  const given = asRecord(destination);
  return { ...given, host: resolveHost(asString(given.host) ?? '', namespace) };
}

/** What a destination names: host, port (undefined: not given) and subset (empty: none). */
export interface Destination {
  host: string;
  port: number | undefined;
  subset: string;
}

/** Reads a `destination` of a route. */
export function readDestination(value: unknown): Destination {
  const given = asRecord(value);
  const port = asRecord(given.port).number;
  return {
    host: asString(given.host) ?? '',
    port: typeof port === 'number' ? port : undefined,
    subset: asString(given.subset) ?? '',
  };
}

/** Every destination of a VirtualService: routes and mirrors, of HTTP, TCP and TLS. */
export function destinationsOf(
  service: Pick<VirtualService, 'http' | 'tcp' | 'tls'>,
): Destination[] {
  const found: Destination[] = [];
  for (const route of service.http) found.push(...destinationsOfHttp(route));
  for (const route of [...service.tcp, ...service.tls]) {
    found.push(...asRecords(route.route).map((target) => readDestination(target.destination)));
  }
  return found;
}

/** Every destination of one HTTP route, its mirrors last. */
function destinationsOfHttp(route: Spec): Destination[] {
  return [
    ...asRecords(route.route).map((target) => readDestination(target.destination)),
    ...(route.mirror === undefined ? [] : [readDestination(route.mirror)]),
    ...asRecords(route.mirrors).map((mirror) => readDestination(mirror.destination)),
  ];
}
