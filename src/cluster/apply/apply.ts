import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';
import { identityOf } from '../../manifests/build-world.ts';
import { nameOf } from '../../manifests/problems.ts';
import type { Resource } from '../../manifests/world.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError } from '../kube/errors.ts';
import { createObjects } from '../kube/kube-rest.ts';
import type { Objects } from '../kube/objects.ts';
import { type AppliedResource, type ApplyAction, applyObject } from './apply-object.ts';
import { type Checked, checkLive } from './check-live.ts';
import { applyOrder, stageOf } from './order.ts';
import { prune } from './prune.ts';

/** What {@link applyResources} takes beside the resources. */
export interface ApplyOptions {
  /** On whose behalf: a label of each object says so. */
  owner: string;
  /** Whether to delete what `owner` applied earlier and doesn't want any more. Namespaces, CRDs and volumes stay. @default false */
  prune?: boolean;
  signal: AbortSignal;
  /** Waited for before anything is applied that routes to workloads, when there is such: they should be ready by then. */
  beforeRouting?: () => Promise<void>;
  /** Told of each resource when it is done, for progress. */
  onResource?: (done: AppliedResource) => void;
}

const kindTries = 30;
const kindWaitMs = 500;

/**
 * Applies resources in an order that never needs what isn't there yet ({@link applyOrder}), by server-side apply.
 * Everything is checked before anything changes; see {@link checkLive} for what it throws. Nothing is taken back when
 * a change fails: the error says how far it came, and applying again goes on from there.
 */
export function applyResources(
  kube: Pick<Kube, 'config'>,
  resources: readonly Resource[],
  options: ApplyOptions,
): Promise<AppliedResource[]> {
  return applyAll(createObjects(kube, options.signal), resources, options);
}

/** {@link applyResources} over any {@link Objects}. */
export async function applyAll(
  objects: Objects,
  resources: readonly Resource[],
  options: ApplyOptions,
): Promise<AppliedResource[]> {
  const { owner, signal, onResource = () => {} } = options;
  const checked = await checkLive(objects, applyOrder(resources), owner);
  const done: AppliedResource[] = [];
  const record = (one: AppliedResource): void => {
    done.push(one);
    onResource(one);
  };
  try {
    const firstRoute = checked.find(({ resource }) => stageOf(resource) === 'routing');
    for (const one of checked) {
      if (one === firstRoute) await options.beforeRouting?.();
      signal.throwIfAborted();
      record({ resource: nameOf(one.resource), action: await applyChecked(objects, one, signal) });
    }
    if (options.prune) await prune(objects, owner, new Set(resources.map(identityOf)), record);
  } catch (thrown) {
    throw halfDone(thrown, done, checked.length);
  }
  return done;
}

async function applyChecked(
  objects: Objects,
  { resource, body, live }: Checked,
  signal: AbortSignal,
): Promise<ApplyAction> {
  await waitForKind(objects, resource, signal);
  try {
    return (await applyObject(objects, body, live, 'manifests')).action;
  } catch (thrown) {
    throw kubeError(thrown, `${nameOf(resource)} cannot be applied`);
  }
}

/** A kind that a CustomResourceDefinition has just brought takes a moment to be served. */
async function waitForKind(
  objects: Objects,
  { apiVersion, kind }: Resource,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; (await objects.scopeOf(apiVersion, kind)) === 'unknown'; attempt++) {
    if (attempt === kindTries) {
      throw new WindtunnelError(
        'timeout',
        `the cluster still has no kind ${kind} of ${apiVersion}`,
        { next: 'See what its CustomResourceDefinition says: kubectl describe crd' },
      );
    }
    await sleep(kindWaitMs, undefined, { signal });
  }
}

function halfDone(thrown: unknown, done: AppliedResource[], total: number): WindtunnelError {
  const error = WindtunnelError.from(thrown);
  const changed = done.filter(({ action }) => action !== 'unchanged').length;
  if (changed === 0) return error;
  const message = `${error.message} (${changed} of ${total} resources were changed before, and stay)`;
  return new WindtunnelError(error.code, message, {
    cause: thrown,
    ...(error.next !== undefined && { next: error.next }),
  });
}
