import { replicasOf } from '../manifests/build-world.ts';
import type { MeshService, Replica, World } from '../manifests/world.ts';

/** An address that was made up, or read: everything a proxy may dial in the synthetic network of a {@link World}. */
export interface AddressBook {
  /** `10.0.X.Y`, by the replica's position among all replicas; throws RangeError beyond 65,000 replicas. */
  podIp(replica: Replica): string;
  /** `spec.clusterIP` as it is written, else `10.96.X.Y` by position; undefined for a headless Service and for service entries without address. */
  clusterIp(service: MeshService): string | undefined;
}

/**
 * Gives every replica and every Service an address, since manifests name none: istiod's configuration has addresses in it,
 * and a deterministic one can be compared with Istio's and mapped to a loopback port.
 */
export function createAddressBook(world: World): AddressBook {
  const pods = new Map<string, string>();
  for (const [position, replica] of replicasOf(world).entries()) {
    pods.set(keyOf(replica), inRange('10.0', position));
  }
  const allotted = new Map<string, string>();
  const taken = new Set(world.services.map((service) => service.clusterIp));
  let position = 0;
  for (const service of world.services) {
    if (!needsAddress(service)) continue;
    while (taken.has(inRange('10.96', position))) position += 1;
    allotted.set(hostKey(service), inRange('10.96', position));
    position += 1;
  }
  return {
    podIp(replica) {
      const address = pods.get(keyOf(replica));
      if (address === undefined) throw new RangeError(`no such replica: ${replica.podName}`);
      return address;
    },
    clusterIp(service) {
      if (service.clusterIp === 'None') return undefined;
      return service.clusterIp ?? allotted.get(hostKey(service));
    },
  };
}

/** The synthetic pod IP of one replica; see {@link AddressBook.podIp}. For many, make the book once. */
export function podIp(world: World, replica: Replica): string {
  return createAddressBook(world).podIp(replica);
}

/** Whether the API server would allot an address. */
function needsAddress(service: MeshService): boolean {
  return (
    service.clusterIp === undefined &&
    service.origin === 'service' &&
    service.resolution !== 'alias'
  );
}

function hostKey(service: MeshService): string {
  return `${service.namespace}/${service.host}`;
}

function keyOf(replica: Replica): string {
  return `${replica.workload.namespace}/${replica.workload.resource.kind}/${replica.workload.name}/${replica.index}`;
}

/** `PREFIX.X.Y`, where Y runs from 1 to 250. */
function inRange(prefix: string, position: number): string {
  const third = Math.floor(position / 250);
  if (third > 255) throw new RangeError(`more than 64000 addresses of ${prefix}.0.0/16`);
  return `${prefix}.${third}.${(position % 250) + 1}`;
}
