import type { KubeObject } from '../kube/objects.ts';
import { fieldManager, managedByLabel, managedByUs, ownerLabel } from '../labels.ts';

/** Marks that tools leave on what they manage. */
const marks: readonly { field: 'labels' | 'annotations'; key: string; tool: string }[] = [
  { field: 'annotations', key: 'meta.helm.sh/release-name', tool: 'Helm' },
  { field: 'annotations', key: 'argocd.argoproj.io/tracking-id', tool: 'Argo CD' },
  { field: 'labels', key: 'argocd.argoproj.io/instance', tool: 'Argo CD' },
  { field: 'labels', key: 'kustomize.toolkit.fluxcd.io/name', tool: 'Flux' },
  { field: 'labels', key: 'helm.toolkit.fluxcd.io/name', tool: 'Flux' },
];

/** Who else applies as a matter of course: a user with kubectl applies the same manifests. */
const userManagers = new Set([fieldManager, 'kubectl', 'kubectl-client-side-apply']);

/** The other tool that manages an object, as it calls itself; undefined when none does, as far as the object tells. */
export function otherTool(live: KubeObject): string | undefined {
  const { labels = {}, annotations = {}, managedFields = [] } = live.metadata;
  const mark = marks.find(({ field, key }) => live.metadata[field]?.[key] !== undefined);
  if (mark !== undefined) {
    const value = (mark.field === 'labels' ? labels : annotations)[mark.key];
    return `${mark.tool} (${mark.key}: ${value})`;
  }
  const manager = labels[managedByLabel];
  if (manager === managedByUs) return undefined;
  if (manager !== undefined) return `${manager} (${managedByLabel})`;
  const applied = managedFields.find(
    (entry) => entry.operation === 'Apply' && !userManagers.has(entry.manager ?? ''),
  );
  return applied === undefined ? undefined : `${applied.manager} (its field manager)`;
}

/** Whether an object says that Windtunnel manages it: then it may take fields over that others set. */
export function isOurs(live: KubeObject): boolean {
  return live.metadata.labels?.[managedByLabel] === managedByUs;
}

/** The owner on whose behalf an object was applied last; undefined for one that kubectl applied. */
export function ownerOf(live: KubeObject): string | undefined {
  return live.metadata.labels?.[ownerLabel];
}
