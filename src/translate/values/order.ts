import { compareText } from '../../compare-text.ts';
import type { Resource } from '../../manifests/world.ts';

/** Istio's order of resources: the oldest first; of one age (or none, as in files) by name, then by namespace. */
export function byAge(a: Resource, b: Resource): number {
  return (
    createdMs(a) - createdMs(b) ||
    compareText(a.metadata.name, b.metadata.name) ||
    compareText(a.metadata.namespace, b.metadata.namespace)
  );
}

/** Creation time in ms since 1970; a resource without one is older than all others. */
export function createdMs(resource: Resource): number {
  const text = resource.metadata.creationTimestamp;
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? Number.MIN_SAFE_INTEGER : time;
}
