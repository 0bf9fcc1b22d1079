import { createHash } from 'node:crypto';
import { asRecord, asRecords, asString } from '../../manifests/fields.ts';
import type { Resource } from '../../manifests/world.ts';
import { observability } from '../../topology/observability.ts';
import { annotatePods, containersOf, imagesOf } from '../images/in-manifests.ts';

/** Where the image of an addon's program comes from. */
export type ImageSource =
  /** Docker has it under `name`, to be loaded into the cluster; `note` says when it is not the pinned one. */
  | { type: 'here'; name: string; note?: string }
  /** It can't be had. */
  | { type: 'missing'; reason: string };

/** A program of the addon that is not installed. */
export interface LeftOut {
  /** e.g. `kiali`. */
  name: string;
  image: string;
  reason: string;
}

/** What to apply of the observability addon on this machine. */
export interface ObservabilityPlan {
  /** The system's resources: with the ConfigMap that turns telemetry on, and pods that know of it. */
  system: Resource[];
  /** The addon's own resources, without those of programs that are left out. */
  addon: Resource[];
  leftOut: LeftOut[];
  /** Lines for people: what stands in for what. */
  notes: string[];
}

/** Annotation of pods: which telemetry settings they started with, so that others are rolled out. */
const telemetryAnnotation = 'windtunnel.dev/telemetry';

/**
 * Plans the addon for the images that can be had. Services are told of telemetry only when its collector is installed: they
 * would try in vain for ever. `addon` is all of `addons/observability/`, of any namespace.
 */
export function planObservability(
  system: readonly Resource[],
  addon: readonly Resource[],
  sources: ReadonlyMap<string, ImageSource>,
): ObservabilityPlan {
  const leftOut: LeftOut[] = [];
  const notes: string[] = [];
  for (const deployment of addon) {
    for (const image of imagesOf([deployment])) {
      const source = sources.get(image);
      const { name } = deployment.metadata;
      if (source === undefined) continue;
      if (source.type === 'missing') leftOut.push({ name, image, reason: source.reason });
      else if (source.note !== undefined) notes.push(`${source.name}: ${source.note}`);
    }
  }
  const gone = new Set(leftOut.map(({ name }) => name));
  const kept = addon
    .filter(({ metadata }) => !gone.has(metadata.labels.app ?? ''))
    .map((resource) => withNames(resource, sources));
  const settings = kept.filter(isTelemetry);
  const wanted = gone.has(observability.jaeger.name) ? [] : settings;
  return {
    system: [...system.map((one) => withTelemetry(one, wanted)), ...wanted],
    addon: kept.filter((one) => !isTelemetry(one)),
    leftOut,
    notes,
  };
}

/** What is left out, as a line for people. */
export function leftOutNotice({ name, image, reason }: LeftOut): string {
  return `${name} is left out: ${image} cannot be had here (${reason}); everything else works`;
}

function isTelemetry({ kind, metadata }: Resource): boolean {
  return kind === 'ConfigMap' && metadata.name === observability.configMap;
}

/** A container's environment is read once: pods that started with other settings, or with none, are replaced. */
function withTelemetry(resource: Resource, settings: readonly Resource[]): Resource {
  if (resource.kind !== 'Deployment') return resource;
  const { namespace } = resource.metadata;
  const found = settings.find(({ metadata }) => metadata.namespace === namespace);
  const reads = containersOf(resource).some((container) =>
    asRecords(container.envFrom).some(
      ({ configMapRef }) => asString(asRecord(configMapRef).name) === found?.metadata.name,
    ),
  );
  if (found === undefined || !reads) return resource;
  const copy = { ...resource, body: structuredClone(resource.body) };
  const hash = createHash('sha256').update(JSON.stringify(found.body.data)).digest('hex');
  annotatePods(copy, telemetryAnnotation, hash.slice(0, 16));
  return copy;
}

function withNames(resource: Resource, sources: ReadonlyMap<string, ImageSource>): Resource {
  if (containersOf(resource).length === 0) return resource;
  const copy = { ...resource, body: structuredClone(resource.body) };
  for (const container of containersOf(copy)) {
    const source = sources.get(asString(container.image) ?? '');
    if (source?.type === 'here') container.image = source.name;
  }
  return copy;
}
