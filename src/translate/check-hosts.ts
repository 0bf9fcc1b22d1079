import { ofKind } from '../manifests/build-world.ts';
import { asRecord, asRecords, asStringMap } from '../manifests/fields.ts';
import { nameOf } from '../manifests/problems.ts';
import { matchesLabels } from '../manifests/select.ts';
import type { Resource, World } from '../manifests/world.ts';
import { resolveHost } from './values/hosts.ts';

/** What becomes a problem by what another resource says. */
export interface SharedProblem {
  resource: Resource;
  /** From the resource's root on, e.g. `spec.hosts`. */
  path: string;
  reason: string;
}

/**
 * Hosts that two resources of one namespace declare. Istio then joins their endpoints and takes the rest from either, in an
 * order that the manifests do not say.
 */
export function sharedHosts(world: World): SharedProblem[] {
  const first = new Map<string, Resource>();
  const shared: SharedProblem[] = [];
  for (const service of world.services) {
    const key = `${service.namespace}/${service.host}`;
    const known = first.get(key);
    if (known === undefined) first.set(key, service.resource);
    else if (known !== service.resource) {
      const reason = `${service.host} is a host of ${nameOf(known)}, too; join them in one`;
      shared.push({ resource: service.resource, path: 'spec.hosts', reason });
    }
  }
  return shared;
}

/** Machines outside the cluster that a Kubernetes Service selects by their labels, as if they were pods. */
export function machinesOfServices(world: World): SharedProblem[] {
  return ofKind(world.resources, 'WorkloadEntry').flatMap((resource) => {
    const labels = asStringMap(asRecord(resource.body.spec).labels);
    const service = world.services.find(
      ({ origin, namespace, selector }) =>
        origin === 'service' &&
        namespace === resource.metadata.namespace &&
        Object.keys(selector).length > 0 &&
        matchesLabels(selector, labels),
    );
    if (service === undefined) return [];
    const reason = `${nameOf(service.resource)} selects it, but pods alone are endpoints of Services here; use a ServiceEntry`;
    return [{ resource, path: 'spec.labels', reason }];
  });
}

/** Services that no namespace sees, but a VirtualService leads to: whether Istio knows their endpoints is chance. */
export function hiddenDestinations(world: World): SharedProblem[] {
  const hidden = world.services.filter(({ exportTo }) => exportTo.includes('~'));
  if (hidden.length === 0) return [];
  return ofKind(world.resources, 'VirtualService').flatMap((resource) => {
    const spec = asRecord(resource.body.spec);
    return ['http', 'tls', 'tcp'].flatMap((protocol) =>
      asRecords(spec[protocol]).flatMap((route, index) =>
        destinationsOf(route).flatMap(({ field, host }) => {
          const resolved = resolveHost(host, resource.metadata.namespace);
          if (!hidden.some((service) => service.host === resolved)) return [];
          const reason = `${resolved} is exported to no namespace (~): Istio has its endpoints or not, by chance`;
          return [{ resource, path: `spec.${protocol}[${index}].${field}`, reason }];
        }),
      ),
    );
  });
}

function destinationsOf(route: Record<string, unknown>): { field: string; host: string }[] {
  const weighted = ['route', 'mirrors'].flatMap((field) =>
    asRecords(route[field]).map((one) => ({ field, host: asRecord(one.destination).host })),
  );
  const all = [...weighted, { field: 'mirror', host: asRecord(route.mirror).host }];
  return all.flatMap(({ field, host }) => (typeof host === 'string' ? [{ field, host }] : []));
}
