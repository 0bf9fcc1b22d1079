import type { MeshService, World } from '../../manifests/world.ts';
import { compareText } from '../../compare-text.ts';
import { createdMs } from '../values/order.ts';

/** Services in Istio's order: the oldest first, then by name, then by namespace. */
export function sortServices(services: MeshService[]): MeshService[] {
  return services.toSorted(
    (a, b) =>
      createdMs(a.resource) - createdMs(b.resource) ||
      compareText(a.name, b.name) ||
      compareText(a.namespace, b.namespace),
  );
}

/** Whether an `exportTo` list lets `namespace` see what `owner` owns; an empty list is everyone. */
export function isExportedTo(
  exportTo: Iterable<string>,
  owner: string,
  namespace: string,
): boolean {
  const entries = [...exportTo];
  if (entries.length === 0 || entries.includes('*')) return true;
  if (entries.includes('~')) return false;
  return entries.includes(namespace) || (entries.includes('.') && owner === namespace);
}

/** Services that a namespace may see, those exported to it by name first, as Istio lists them. */
export function visibleServices(world: World, namespace: string): MeshService[] {
  const sorted = sortServices(world.services);
  const isPublic = (service: MeshService): boolean =>
    service.exportTo.length === 0 || service.exportTo.includes('*');
  return [
    ...sorted.filter(
      (service) =>
        !isPublic(service) && isExportedTo(service.exportTo, service.namespace, namespace),
    ),
    ...sorted.filter(isPublic),
  ];
}
