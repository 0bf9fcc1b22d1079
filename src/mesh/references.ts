import { asRecord } from '../manifests/fields.ts';
import { workloadsOf } from '../manifests/select.ts';
import type { MeshService, ServicePort, World } from '../manifests/world.ts';

/** A place in a text that names a port of a Service: `users:8080`, `http://users`, `grpc://users.shop.svc:50051`. */
export interface Reference {
  /** Where HOST or HOST:PORT begins and ends in the text. */
  start: number;
  end: number;
  service: MeshService;
  port: ServicePort;
  /** What a client puts into `:authority`: the host as written, and the port unless it is the scheme's own. */
  authority: string;
}

/** Ports that a URL without one means; only of schemes that a mesh carries. */
const defaultPorts: Record<string, number> = {
  http: 80,
  ws: 80,
  https: 443,
  wss: 443,
  amqp: 5672,
  redis: 6379,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mongodb: 27017,
  nats: 4222,
};
const hidesDefaultPort = new Set(['http', 'https', 'ws', 'wss']);

/** Every name under which a workload of `namespace` reaches a Service by the cluster's DNS. */
export function serviceNames(world: World, namespace: string): Map<string, MeshService> {
  const names = new Map<string, MeshService>();
  for (const service of world.services) {
    const { name, namespace: own, host, origin } = service;
    names.set(host, service);
    if (origin !== 'service') continue;
    for (const suffix of ['', '.svc', '.svc.cluster.local']) {
      names.set(`${name}.${own}${suffix}`, service);
      for (const pod of namedPods(world, service)) {
        names.set(`${pod}.${name}.${own}${suffix}`, service);
        if (own === namespace && suffix === '') names.set(`${pod}.${name}`, service);
      }
    }
  }
  // The search path begins with the caller's own namespace, so its short names win over everything else.
  for (const service of world.services) {
    if (service.origin === 'service' && service.namespace === namespace) {
      names.set(service.name, service);
    }
  }
  return names;
}

/** The pod that an authority means, `db-0` of `db-0.db:5432`; undefined when it means any of the Service's. */
export function podOf(authority: string, service: MeshService): string | undefined {
  const [first = '', second] = authority.replace(/:\d+$/, '').split('.');
  const isNamed = service.resolution === 'passthrough' && service.origin === 'service';
  return isNamed && second === service.name && /-\d+$/.test(first) ? first : undefined;
}

/**
 * Finds the Services that `text` names with a port, or as the host of a URL; several in one text too. A bare host without
 * either is none: `users` may as well be a database's name.
 */
export function findReferences(text: string, names: Map<string, MeshService>): Reference[] {
  const found: Reference[] = [];
  const pattern = /(?<![\w.-])([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)\.?(?::(\d{1,5})(?!\d))?/g;
  for (const match of text.matchAll(pattern)) {
    const [whole, host = '', digits] = match;
    const service = names.get(host);
    if (!service) continue;
    const start = match.index;
    const scheme = schemeBefore(text, start);
    // After a slash that is no URL's it is part of a path.
    if (text[start - 1] === '/' && scheme === undefined) continue;
    const implied = scheme === undefined ? undefined : defaultPorts[scheme];
    const number = digits === undefined ? implied : Number(digits);
    const port = number === undefined ? undefined : portOf(service, number);
    if (!port) continue;
    const hidden = port.port === implied && scheme !== undefined && hidesDefaultPort.has(scheme);
    found.push({
      start,
      end: start + whole.length,
      service,
      port,
      authority: hidden ? host : `${host}:${port.port}`,
    });
  }
  return found;
}

/** Replaces each reference of `text` by what `address` gives for it; undefined leaves it as it is. */
export function replaceReferences(
  text: string,
  names: Map<string, MeshService>,
  address: (reference: Reference) => string | undefined,
): string {
  let result = '';
  let at = 0;
  for (const reference of findReferences(text, names)) {
    const replacement = address(reference);
    if (replacement === undefined) continue;
    result += text.slice(at, reference.start) + replacement;
    at = reference.end;
  }
  return result + text.slice(at);
}

/** The pods that have a DNS name of their own below a Service: a StatefulSet's, whose `serviceName` it is. */
function namedPods(world: World, service: MeshService): string[] {
  return workloadsOf(world, service)
    .filter(({ resource }) => asRecord(resource.body.spec).serviceName === service.name)
    .filter(({ resource }) => resource.kind === 'StatefulSet')
    .flatMap(({ name, replicas }) => Array.from({ length: replicas }, (_, at) => `${name}-${at}`));
}

function schemeBefore(text: string, start: number): string | undefined {
  return /([A-Za-z][A-Za-z0-9+.-]*):\/\/\/?(?:[^\s/@,]*@)?$/.exec(text.slice(0, start))?.[1];
}

function portOf(service: MeshService, port: number): ServicePort | undefined {
  return service.ports.find((candidate) => candidate.port === port);
}
