import { ofKind } from '../manifests/build-world.ts';
import { asRecord, asRecords, asString, asStrings } from '../manifests/fields.ts';
import { createProblems, type Problems } from '../manifests/problems.ts';
import type { MeshService, Resource, World } from '../manifests/world.ts';
import { destinationRuleIndex } from './policies/destination-rules.ts';
import { isSubset, isWildcard, resolveGateway, resolveHost } from './values/hosts.ts';
import { externalNameOf } from './route/destination.ts';
import { compareText } from '../compare-text.ts';

/**
 * Throws `unknown-reference` when a resource names what isn't there: a destination's host, port or subset, a gateway, a
 * delegate, the host of a DestinationRule. Each line has the value, and what exists in its place.
 */
export function checkReferences(world: World): void {
  const problems = createProblems();
  const subsets = subsetsByHost(world);
  for (const resource of ofKind(world.resources, 'VirtualService')) {
    checkVirtualService({ world, subsets, problems, resource });
  }
  for (const resource of ofKind(world.resources, 'DestinationRule')) {
    const host = asString(asRecord(resource.body.spec).host) ?? '';
    const resolved = resolveHost(host, resource.metadata.namespace);
    // A wildcard is a pattern, that may well match nothing yet; a name is meant for something.
    if (isWildcard(resolved) || serviceOf(world, resolved) !== undefined) continue;
    problems.add(resource, 'spec.host', unknownHost(host, resolved, world));
  }
  problems.throwIfAny(
    'unknown-reference',
    'Correct the names above, or add the resources that they mean.',
  );
}

/** What a check is about. */
interface Check {
  world: World;
  /** Host of a DestinationRule → its subsets, over all namespaces. */
  subsets: Map<string, Set<string>>;
  problems: Problems;
  resource: Resource;
}

function subsetsByHost(world: World): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const { local } = destinationRuleIndex(world);
  for (const rules of local.values()) {
    for (const [host, list] of rules) {
      const names = found.get(host) ?? new Set<string>();
      for (const subset of list.flatMap((rule) => rule.subsets)) names.add(subset.name);
      found.set(host, names);
    }
  }
  return found;
}

function checkVirtualService(check: Check): void {
  const { resource } = check;
  const spec = asRecord(resource.body.spec);
  checkGateways(check, spec.gateways, 'spec.gateways');
  checkHosts(check, spec);
  for (const protocol of ['http', 'tls', 'tcp']) {
    for (const [index, route] of asRecords(spec[protocol]).entries()) {
      checkRoute(check, route, `spec.${protocol}[${index}]`);
    }
  }
}

/** Hosts of the mesh must be services where their form says so; others may be names that only callers know. */
function checkHosts({ world, problems, resource }: Check, spec: Record<string, unknown>): void {
  const gateways = asStrings(spec.gateways);
  if (gateways.length > 0 && !gateways.includes('mesh')) return;
  for (const [index, written] of asStrings(spec.hosts).entries()) {
    const resolved = resolveHost(written, resource.metadata.namespace);
    if (isWildcard(resolved) || serviceOf(world, resolved) !== undefined) continue;
    const isInternal = resolved.endsWith('.svc.cluster.local') || isHalfQualified(world, resolved);
    if (isInternal)
      problems.add(resource, `spec.hosts[${index}]`, unknownHost(written, resolved, world));
  }
}

function isHalfQualified(world: World, host: string): boolean {
  return world.services.some((service) => service.host.startsWith(`${host}.`));
}

function checkRoute(check: Check, route: Record<string, unknown>, path: string): void {
  for (const [index, match] of asRecords(route.match).entries()) {
    checkGateways(check, match.gateways, `${path}.match[${index}].gateways`);
  }
  for (const field of ['route', 'mirrors']) {
    for (const [index, target] of asRecords(route[field]).entries()) {
      checkDestination(check, target.destination, `${path}.${field}[${index}].destination`);
    }
  }
  if (route.mirror !== undefined) checkDestination(check, route.mirror, `${path}.mirror`);
  if (route.delegate !== undefined)
    checkDelegate(check, asRecord(route.delegate), `${path}.delegate`);
}

function checkGateways(
  { world, problems, resource }: Check,
  gateways: unknown,
  path: string,
): void {
  const known = ofKind(world.resources, 'Gateway').map(
    ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
  );
  for (const written of asStrings(gateways)) {
    const resolved = resolveGateway(written, resource.metadata.namespace);
    if (resolved === 'mesh' || known.includes(resolved)) continue;
    const there =
      known.length === 0 ? 'there is none' : `there are: ${known.sort(compareText).join(', ')}`;
    problems.add(resource, path, `no Gateway ${resolved}${asWritten(written, resolved)}; ${there}`);
  }
}

function checkDestination(check: Check, value: unknown, path: string): void {
  const { world, problems, resource } = check;
  const destination = asRecord(value);
  const written = asString(destination.host) ?? '';
  const resolved = resolveHost(written, resource.metadata.namespace);
  const service = serviceOf(world, resolved);
  if (service === undefined) {
    problems.add(resource, `${path}.host`, unknownHost(written, resolved, world));
    return;
  }
  const port = asRecord(destination.port).number;
  const ports = service.ports.map((one) => one.port);
  if (typeof port === 'number' && !ports.includes(port)) {
    problems.add(
      resource,
      `${path}.port.number`,
      `${service.host} has no port ${port}; it has: ${ports.join(', ')}`,
    );
  }
  const subset = asString(destination.subset) ?? '';
  const known = subsetsOf(check, service.host);
  if (subset === '' || known.includes(subset)) return;
  const there =
    known.length === 0
      ? `no DestinationRule has subsets for ${service.host}`
      : `DestinationRules have: ${known.join(', ')}`;
  problems.add(resource, `${path}.subset`, `no subset ${subset} of ${service.host}; ${there}`);
}

function subsetsOf({ subsets }: Check, host: string): string[] {
  const names = [...subsets]
    .filter(([pattern]) => isSubset(host, pattern))
    .flatMap(([, found]) => [...found]);
  return [...new Set(names)].sort(compareText);
}

/** The service of a host; a ServiceEntry's wildcard serves every host that it covers. An ExternalName is what it names. */
function serviceOf(world: World, host: string): MeshService | undefined {
  const found =
    world.services.find((service) => service.host === host) ??
    world.services.find((service) => isWildcard(service.host) && isSubset(host, service.host));
  const target = externalNameOf(found);
  if (target === undefined) return found;
  return world.services.find((service) => service.host === target) ?? found;
}

function checkDelegate(check: Check, delegate: Record<string, unknown>, path: string): void {
  const { world, problems, resource } = check;
  const namespace = asString(delegate.namespace) ?? resource.metadata.namespace;
  const name = asString(delegate.name) ?? '';
  const candidates = ofKind(world.resources, 'VirtualService').filter(
    (one) => asStrings(asRecord(one.body.spec).hosts).length === 0,
  );
  const isKnown = candidates.some(
    ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
  );
  if (isKnown) return;
  const there = candidates
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    .join(', ');
  problems.add(
    resource,
    path,
    `no VirtualService ${namespace}/${name} without hosts; there ${there === '' ? 'is none' : `are: ${there}`}`,
  );
}

/** The usual slip is a half-qualified name (`users.shop`), which Istio takes as it is. */
function unknownHost(written: string, resolved: string, world: World): string {
  const hosts = [...new Set(world.services.map((service) => service.host))].sort(compareText);
  const meant = hosts.find(
    (host) => host === `${written}.svc.cluster.local` || host === `${written}.cluster.local`,
  );
  const there =
    meant !== undefined
      ? `write ${meant}`
      : hosts.length === 0
        ? 'there is no Service and no ServiceEntry'
        : `there are: ${hosts.join(', ')}`;
  return `no host ${resolved}${asWritten(written, resolved)}; ${there}`;
}

function asWritten(written: string, resolved: string): string {
  return written === resolved ? '' : ` (written ${written})`;
}
