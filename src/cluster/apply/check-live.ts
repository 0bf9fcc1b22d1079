import { WindtunnelError } from '../../errors.ts';
import { asRecord } from '../../manifests/fields.ts';
import { nameOf } from '../../manifests/problems.ts';
import type { Resource } from '../../manifests/world.ts';
import { kubeError } from '../kube/errors.ts';
import { inParallel } from '../kube/in-parallel.ts';
import type { KubeObject, Objects } from '../kube/objects.ts';
import { ownerValue } from '../labels.ts';
import { labelled } from './apply-object.ts';
import { isOurs, otherTool, ownerOf } from './ownership.ts';

/** A resource, and what stands under its name. */
export interface Checked {
  resource: Resource;
  /** As it is sent. */
  body: KubeObject;
  live: KubeObject | undefined;
}

/** Where the check differs from that of manifests. */
export interface CheckOptions {
  /** Names the other owner who may not lose the object. @default the one of the owner label */
  held?: (resource: Resource, live: KubeObject | undefined) => string | undefined;
  /** Whether fields that others manage are taken over. @default of objects that say that they are ours */
  force?: (live: KubeObject) => boolean;
}

const atOnce = 8;
const shownForeign = 5;

/**
 * Checks everything that can be known before anything is changed: that the cluster knows the kinds, that no other tool
 * manages the namespaces or the objects (`not-ours`, names all of them), that the API server and its webhooks accept each
 * object (a dry run).
 */
export async function checkLive(
  objects: Objects,
  resources: readonly Resource[],
  owner: string,
  { held = heldByOther(owner), force = isOurs }: CheckOptions = {},
): Promise<Checked[]> {
  const namespaces = await checkNamespaces(objects, resources);
  await checkKinds(objects, resources);
  const checked = await inParallel(resources, atOnce, async (resource): Promise<Checked> => {
    const body = labelled(resource, owner);
    if ((await objects.scopeOf(body.apiVersion, body.kind)) === 'cluster') {
      delete body.metadata.namespace;
    }
    return { resource, body, live: await objects.read(body) };
  }).catch((thrown: unknown) => {
    throw kubeError(thrown, 'cannot read what is in the cluster');
  });
  throwNotOurs(
    checked.flatMap(({ resource, live }) => {
      const other = (live && otherTool(live)) ?? held(resource, live);
      return other === undefined ? [] : [`${nameOf(resource)} is managed by ${other}`];
    }),
  );
  await inParallel(checked, atOnce, (one) => dryRun(objects, one, force, namespaces));
  return checked;
}

function heldByOther(owner: string): NonNullable<CheckOptions['held']> {
  return (_, live) => {
    const known = live && ownerOf(live);
    return known === undefined || known === ownerValue(owner) ? undefined : `the owner ${known}`;
  };
}

function throwNotOurs(foreign: string[]): void {
  if (foreign.length === 0) return;
  const more = foreign.length - shownForeign;
  const shown = [...foreign.slice(0, shownForeign), ...(more > 0 ? [`and ${more} more`] : [])];
  throw new WindtunnelError('not-ours', `${shown.join('; ')}: nothing was changed`, {
    next: 'Take it away with the tool that made it, or use another cluster; what an experiment or prove --matrix left goes with: windtunnel experiment revert --all --target kind (or current)',
  });
}

/** The namespaces that are there. Throws for one that another tool owns, that is going, or that is not there and not to be made. */
async function checkNamespaces(
  objects: Objects,
  resources: readonly Resource[],
): Promise<Set<string>> {
  const made = resources.filter(({ kind }) => kind === 'Namespace').map((one) => one.metadata.name);
  const inside = resources.map(({ metadata }) => metadata.namespace).filter((name) => name !== '');
  const names = [...new Set([...made, ...inside])];
  const found = await inParallel(names, atOnce, (name) =>
    objects.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  ).catch((thrown: unknown) => {
    throw kubeError(thrown, 'cannot read the namespaces');
  });
  const foreign: string[] = [];
  for (const [index, name] of names.entries()) {
    const live = found[index];
    if (live === undefined && !made.includes(name) && name !== 'default') {
      throw new WindtunnelError('unknown-reference', `there is no namespace ${name}`, {
        next: `kubectl create namespace ${name}, or windtunnel up`,
      });
    }
    if (live === undefined) continue;
    if (asRecord(live.status).phase === 'Terminating') {
      throw new WindtunnelError('preflight', `the namespace ${name} is being deleted`, {
        next: 'Wait until it is gone, then try again.',
      });
    }
    const tool = otherTool(live);
    if (tool !== undefined) foreign.push(`Namespace ${name} is managed by ${tool}`);
  }
  throwNotOurs(foreign);
  return new Set(names.filter((_, index) => found[index] !== undefined));
}

/** Throws when the cluster doesn't know a kind, and no CustomResourceDefinition among the resources brings it. */
async function checkKinds(objects: Objects, resources: readonly Resource[]): Promise<void> {
  const brought = resources
    .filter(({ kind }) => kind === 'CustomResourceDefinition')
    .map(({ body }) => asRecord(asRecord(body.spec).names).kind);
  const kinds = new Map(resources.map((one) => [`${one.apiVersion} ${one.kind}`, one]));
  const unknown: string[] = [];
  for (const [key, { apiVersion, kind }] of kinds) {
    if (brought.includes(kind)) continue;
    const scope = await objects.scopeOf(apiVersion, kind).catch((thrown: unknown) => {
      throw kubeError(thrown, 'cannot ask the cluster for its kinds');
    });
    if (scope === 'unknown') unknown.push(key);
  }
  if (unknown.length === 0) return;
  throw new WindtunnelError('preflight', `the cluster has no kind ${unknown.join(', ')}`, {
    next: unknown.some((key) => key.includes('istio.io'))
      ? 'Install Istio there, or let windtunnel up --target kind do it.'
      : 'Install what brings this kind there.',
  });
}

async function dryRun(
  objects: Objects,
  { resource, body, live }: Checked,
  force: (live: KubeObject) => boolean,
  namespaces: ReadonlySet<string>,
): Promise<void> {
  const { namespace } = body.metadata;
  // Nothing can be tried in a namespace, or of a kind, that is yet to come.
  if (namespace !== undefined && !namespaces.has(namespace)) return;
  if ((await objects.scopeOf(body.apiVersion, body.kind)) === 'unknown') return;
  try {
    await objects.apply(body, { force: live === undefined || force(live), dryRun: true });
  } catch (thrown) {
    throw kubeError(thrown, `${nameOf(resource)} cannot be applied, so nothing was`);
  }
}
