import type { Progress } from '../../progress.ts';
import { imagesOf } from '../images/in-manifests.ts';
import { findImages } from '../observability/images.ts';
import { type ImageSource, leftOutNotice, planObservability } from '../observability/plan.ts';
import type { Tools } from '../tools/tool.ts';
import { owners, type Profile } from './deploy.ts';

/** What {@link fitProfiles} needs. */
export interface FitOptions {
  progress: Progress;
  /** Docker, when images are loaded from it into the cluster; undefined when the cluster's nodes pull them. */
  docker: Tools | undefined;
}

/**
 * The profiles as they can be applied here. With observability among them, its images are found or pulled, what cannot be had
 * is left out with a notice, and the system's pods are told of telemetry: those that run without it are replaced.
 */
export async function fitProfiles(
  profiles: readonly Profile[],
  { progress, docker }: FitOptions,
): Promise<Profile[]> {
  const system = profiles.find(({ owner }) => owner === owners.system);
  const addon = profiles.find(({ owner }) => owner === owners.observability);
  if (system === undefined || addon === undefined) return [...profiles];
  const images = imagesOf(addon.resources);
  const sources: ReadonlyMap<string, ImageSource> =
    docker === undefined
      ? new Map()
      : await progress.step('observability images', (step) => findImages(docker, images, step));
  const plan = planObservability(system.resources, addon.resources, sources);
  for (const note of plan.notes) progress.note(`  ${note}`);
  for (const one of plan.leftOut) progress.note(`  ! ${leftOutNotice(one)}`);
  return profiles.map((profile) => {
    if (profile === system) return { ...profile, resources: plan.system };
    return profile === addon ? { ...profile, resources: plan.addon } : profile;
  });
}
