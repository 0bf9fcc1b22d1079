import { createHash } from 'node:crypto';

/** Label of everything that Windtunnel applies: whose it is, in the words that Kubernetes recommends. */
export const managedByLabel = 'app.kubernetes.io/managed-by';

/** Value of {@link managedByLabel}. */
export const managedByUs = 'windtunnel';

/** The field manager of all that Windtunnel applies: who owns which field, as server-side apply keeps it. */
export const fieldManager = 'windtunnel';

/** Label of what an owner applied: `windtunnel up`, an experiment. Its value is {@link ownerValue}. */
export const ownerLabel = 'windtunnel.dev/owner';

/** Label of a load Job and its pod, which has the labels of the caller as well; its value is the caller's name. */
export const loadLabel = 'windtunnel.dev/load';

/**
 * Mark of what was not there before `windtunnel up`: label of a kind cluster's node, annotation of a namespace. Only what has
 * it, with the value {@link madeByUp}, is deleted by `windtunnel down`.
 */
export const madeByKey = 'windtunnel.dev/made-by';

/** Value of {@link madeByKey}. */
export const madeByUp = 'up';

/** The container that Istio injects. */
export const sidecarContainer = 'istio-proxy';

const longest = 52;

/**
 * An owner's name as it may stand in a label and, after `windtunnel-`, in the name of an object: itself where that is
 * allowed, else what is left of it with a digest, so that two owners never become one.
 */
export function ownerValue(owner: string): string {
  if (owner.length <= longest && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(owner)) return owner;
  const left = owner
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const digest = createHash('sha256').update(owner).digest('hex').slice(0, 8);
  return `${left.slice(0, longest - digest.length - 1)}-${digest}`.replace(/^-/, '');
}
