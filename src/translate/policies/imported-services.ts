import { asRecords } from '../../manifests/fields.ts';
import type { MeshService } from '../../manifests/world.ts';
import type { VirtualService } from './virtual-service.ts';
import { destinationsOf } from './virtual-services.ts';

/** The service with only some of its ports; itself when it has no others (or none is asked for), undefined when it has none of them. */
export function withPorts(service: MeshService, wanted: Set<number>): MeshService | undefined {
  if (wanted.size === 0) return service;
  const ports = service.ports.filter((port) => wanted.has(port.port));
  if (ports.length === service.ports.length) return service;
  return ports.length === 0 ? undefined : { ...service, ports };
}

/** Host → ports that a VirtualService sends to; an empty set is every port. Routes for other source namespaces are left out. */
export function destinationPortsOf(
  one: VirtualService,
  namespace: string,
): Map<string, Set<number>> {
  const http = one.http.filter((route) => {
    const sources = asRecords(route.match)
      .map((match) => match.sourceNamespace)
      .filter((source) => typeof source === 'string' && source !== '');
    return sources.length === 0 || sources.includes(namespace);
  });
  const found = new Map<string, Set<number>>();
  const anyPort = new Set<string>();
  for (const { host, port } of destinationsOf({ ...one, http })) {
    const ports = found.get(host) ?? new Set();
    if (port === undefined) anyPort.add(host);
    else ports.add(port);
    found.set(host, ports);
  }
  for (const host of anyPort) found.set(host, new Set());
  return found;
}

/**
 * Adds a service to those already imported, one per host: a Service stays before a ServiceEntry of its host, the first of
 * two stays otherwise, and pieces of one service (imported by different ports) are joined.
 */
export function addImported(into: MeshService[], service: MeshService): void {
  const index = into.findIndex((one) => one.host === service.host);
  const known = into[index];
  if (known === undefined) {
    into.push(service);
    return;
  }
  if (known.origin === 'service' && service.origin !== 'service') return;
  if (known.origin !== 'service' && service.origin === 'service') {
    into[index] = service;
    return;
  }
  if (known.namespace !== service.namespace || known.resolution !== service.resolution) return;
  const added = service.ports.filter((port) => !known.ports.some((one) => one.port === port.port));
  if (added.length > 0) into[index] = { ...known, ports: [...known.ports, ...added] };
}
