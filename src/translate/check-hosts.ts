import { nameOf } from '../manifests/problems.ts';
import type { Resource, World } from '../manifests/world.ts';

/** A ServiceEntry whose host another resource of its namespace has, too. */
export interface SharedHost {
  resource: Resource;
  /** `spec.hosts`, for messages. */
  path: string;
  reason: string;
}

/**
 * Hosts that two resources of one namespace declare. Istio then joins their endpoints and takes the rest from either, in an
 * order that the manifests do not say.
 */
export function sharedHosts(world: World): SharedHost[] {
  const first = new Map<string, Resource>();
  const shared: SharedHost[] = [];
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
