import type { MeshService } from '../../manifests/world.ts';
import { asRecord, asString } from '../../manifests/fields.ts';
import type { Destination } from '../policies/virtual-services.ts';
import { outboundCluster } from '../values/names.ts';

/**
 * Name of the cluster that a destination means. Without a port: the service's only one, else the port that the request came
 * in on. An ExternalName Service stands for what it names.
 *
 * @param service what the destination's host is, as far as the listener knows it
 */
export function clusterOf(
  destination: Destination,
  service: MeshService | undefined,
  listenPort: number,
): string {
  const onlyPort = service?.ports.length === 1 ? service.ports[0]?.port : undefined;
  const port = destination.port ?? onlyPort ?? listenPort;
  const host = externalNameOf(service) ?? destination.host;
  return outboundCluster(port, destination.subset, host);
}

/** What an ExternalName Service stands for; undefined for every other. */
export function externalNameOf(service: MeshService | undefined): string | undefined {
  if (service?.resolution !== 'alias') return undefined;
  return asString(asRecord(service.resource.body.spec).externalName);
}
