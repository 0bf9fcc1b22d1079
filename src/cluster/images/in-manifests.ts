import { asRecord, asRecords, asString, asStringMap } from '../../manifests/fields.ts';
import type { Resource } from '../../manifests/world.ts';

/** The pod template of a Deployment, DaemonSet, StatefulSet or Job; empty for anything else. */
function templateOf({ body }: Resource): Record<string, unknown> {
  return asRecord(asRecord(body.spec).template);
}

/** All containers of a resource's pods, those that run first included; they are the body's own, not copies. */
export function containersOf(resource: Resource): Record<string, unknown>[] {
  const spec = asRecord(templateOf(resource).spec);
  return [...asRecords(spec.initContainers), ...asRecords(spec.containers)];
}

/** Names of the images of all containers, sorted, each once. */
export function imagesOf(resources: readonly Resource[]): string[] {
  const images = resources
    .flatMap(containersOf)
    .map(({ image }) => asString(image))
    .filter((image) => image !== undefined);
  return [...new Set(images)].sort();
}

/** Sets an annotation of a resource's pods, in its body: pods that have another value are replaced. */
export function annotatePods(resource: Resource, name: string, value: string): void {
  const template = templateOf(resource);
  const metadata = asRecord(template.metadata);
  template.metadata = {
    ...metadata,
    annotations: { ...asStringMap(metadata.annotations), [name]: value },
  };
}
