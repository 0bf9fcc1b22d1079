import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asRecord, asStringMap } from '../../manifests/fields.ts';
import { loadResources } from '../../manifests/load.ts';
import type { Resource } from '../../manifests/world.ts';
import type { Progress } from '../../progress.ts';
import { applyResources } from '../apply/apply.ts';
import type { AppliedResource } from '../apply/apply-object.ts';
import { annotatePods, containersOf, imagesOf } from '../images/in-manifests.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError, statusOf } from '../kube/errors.ts';
import { madeByKey, madeByUp } from '../labels.ts';
import { waitReady } from './wait-ready.ts';

/** Owners of what `windtunnel up` applies: the system with what it needs, and the observability profile. */
export const owners = { system: 'up', observability: 'observability' } as const;

/** Annotation of pods: the id of the image they run, so that a new one of the same name is rolled out. */
const imageAnnotation = 'windtunnel.dev/image';

/** What is applied on whose behalf. */
export interface Profile {
  title: string;
  owner: (typeof owners)[keyof typeof owners];
  resources: Resource[];
}

/** Reads `manifests/` with the reaper of `addons/`, and the observability profile when it is wanted. */
export async function readProfiles(projectDir: string, observability: boolean): Promise<Profile[]> {
  const inProject = (...path: string[]): string => join(projectDir, ...path);
  const system = [inProject('manifests'), inProject('addons', 'reaper.yaml')].filter(existsSync);
  const profiles: Profile[] = [
    {
      title: 'services and policies applied, pods ready',
      owner: owners.system,
      resources: await loadResources(system),
    },
  ];
  if (observability) {
    const resources = await loadResources([inProject('addons', 'observability')]);
    const title = 'observability applied, pods ready';
    profiles.push({ title, owner: owners.observability, resources });
  }
  return profiles;
}

/** The names of the Deployments, by namespace. */
export function deploymentsOf(resources: readonly Resource[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { kind, metadata } of resources) {
    if (kind !== 'Deployment') continue;
    found.set(metadata.namespace, [...(found.get(metadata.namespace) ?? []), metadata.name]);
  }
  return found;
}

/** What is known of an image: its id, and what the cluster calls it if not by its own name. */
export interface KnownImage {
  id: string;
  name?: string;
}

/** Names images as the cluster does, and says in each pod which they are: pods of an older image are replaced then. */
export function withImages(
  resources: readonly Resource[],
  known: ReadonlyMap<string, KnownImage>,
): Resource[] {
  return resources.map((resource) => {
    const ids = imagesOf([resource])
      .map((image) => known.get(image)?.id)
      .filter((id) => id !== undefined);
    if (ids.length === 0) return resource;
    const body = structuredClone(resource.body);
    const copy = { ...resource, body };
    for (const container of containersOf(copy)) {
      container.image = known.get(String(container.image))?.name ?? container.image;
    }
    annotatePods(copy, imageAnnotation, ids.join(','));
    return copy;
  });
}

/** Marks the namespaces that are not there yet, or were marked when they came, as made by us. */
async function withMarkedNamespaces(kube: Kube, resources: Resource[]): Promise<Resource[]> {
  const marked = resources.map(async (resource) => {
    if (resource.kind !== 'Namespace') return resource;
    const { name } = resource.metadata;
    const ours = await kube.core.readNamespace({ name }).then(
      ({ metadata }) => metadata?.annotations?.[madeByKey] === madeByUp,
      (thrown: unknown) => {
        if (statusOf(thrown) === 404) return true;
        throw kubeError(thrown, `the namespace ${name} cannot be read`);
      },
    );
    if (!ours) return resource;
    const body = structuredClone(resource.body);
    const metadata = asRecord(body.metadata);
    const annotations = { ...asStringMap(metadata.annotations), [madeByKey]: madeByUp };
    body.metadata = { ...metadata, annotations };
    return { ...resource, body };
  });
  return Promise.all(marked);
}

interface ApplyProfileOptions {
  kube: Kube;
  profile: Profile;
  progress: Progress;
  signal: AbortSignal;
}

/** Applies the profiles one after the other, with images as the cluster calls them. */
export async function applyProfiles(
  profiles: readonly Profile[],
  images: ReadonlyMap<string, KnownImage>,
  where: Omit<ApplyProfileOptions, 'profile'>,
): Promise<AppliedResource[]> {
  const applied: AppliedResource[] = [];
  for (const profile of profiles) {
    const resources = withImages(profile.resources, images);
    applied.push(...(await applyProfile({ ...where, profile: { ...profile, resources } })));
  }
  return applied;
}

/**
 * Applies a profile: first all but its routes, and waits until its pods are ready, so that no route leads to pods that are not
 * there; then the routes, and takes away what it held earlier and holds no more. Resolves to what was done.
 */
async function applyProfile(options: ApplyProfileOptions): Promise<AppliedResource[]> {
  const { kube, profile, progress, signal } = options;
  const resources = await withMarkedNamespaces(kube, profile.resources);
  const deployments = deploymentsOf(resources);
  return progress.step(profile.title, async (step) => {
    let count = 0;
    const ready = (): Promise<void> => waitReady({ kube, deployments, step, signal });
    const done = await applyResources(kube, resources, {
      owner: profile.owner,
      prune: true,
      signal,
      beforeRouting: ready,
      onResource: ({ resource }) => step.update(`${++count} of ${resources.length}: ${resource}`),
    });
    await ready();
    step.update(summary(done));
    return done;
  });
}

/** e.g. `2 configured, 1 deleted, 40 unchanged`. */
export function summary(done: readonly AppliedResource[]): string {
  const actions = ['created', 'configured', 'deleted', 'unchanged'] as const;
  return actions
    .map((action) => ({ action, count: done.filter((one) => one.action === action).length }))
    .filter(({ count }) => count > 0)
    .map(({ action, count }) => `${count} ${action}`)
    .join(', ');
}
