import { WindtunnelError } from '../../errors.ts';
import type { Resource } from '../../manifests/world.ts';
import type { ChangeReport } from '../../target/target.ts';
import { checkLive } from '../apply/check-live.ts';
import { applyOrder } from '../apply/order.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError, statusOf } from '../kube/errors.ts';
import { createObjects } from '../kube/kube-rest.ts';
import type { Objects } from '../kube/objects.ts';
import { checkLease, checkPlaces } from './check-change.ts';
import { createDistribution, type Distribution } from './distribution.ts';
import { overlay } from './overlay.ts';
import { leaseKind, leaseName, leaseSecondsOf, microTime, stateAnnotation } from './record.ts';
import {
  allLeases,
  holdersBeside,
  type LeaseContext,
  type Recorded,
  recordUndo,
  resourceKey,
} from './record-undo.ts';
import { revertOwner, type UndoneAt } from './revert-owner.ts';

/** Changes to a cluster that are undone: the part of a Target that changes things. */
export interface Leases {
  /** See `Target.apply`. Throws `not-ours` for what another owner, or another tool, holds; nothing is changed then. */
  apply(owner: string, resources: Resource[], leaseMs?: number): Promise<ChangeReport>;
  /** See `Target.renew`. */
  renew(owner: string, leaseMs: number): Promise<boolean>;
  /** See `Target.revert`. */
  revert(owner: string): Promise<ChangeReport>;
  /** See `Target.owners`. */
  owners(): Promise<string[]>;
}

/** What {@link createLeases} takes beside the cluster. */
export interface LeasesOptions {
  /** Where the reaper looks after leases: what is applied must lie in one of them. */
  namespaces: readonly string[];
  /** Wall clock, for people who look at a Lease; nothing is decided by it. @default Date.now */
  nowMs?: () => number;
  /** A clock that only goes forward, for how long a change took. @default performance.now */
  elapsedMs?: () => number;
  /** @default those of the API server */
  objects?: Objects;
  /** @default asks istiod */
  distribution?: Distribution;
}

/**
 * Makes {@link Leases}. How to undo a change is written into the cluster before the change is made (one Lease object an
 * owner and namespace), so that anyone can undo it: this process, the reaper when the lease runs out, the next run.
 */
export function createLeases(kube: Kube, options: LeasesOptions): Leases {
  const { namespaces, nowMs = Date.now, elapsedMs = () => performance.now() } = options;
  const context: LeaseContext = {
    objects: options.objects ?? createObjects(kube),
    namespaces,
    nowMs,
  };
  const distribution = options.distribution ?? createDistribution(kube);
  const inTurn = createTurns();
  const timed = async (
    work: () => Promise<Omit<ChangeReport, 'enforcedMs'>>,
  ): Promise<ChangeReport> => {
    const startMs = elapsedMs();
    return { ...(await work()), enforcedMs: elapsedMs() - startMs };
  };
  return {
    apply: (owner, resources, leaseMs) =>
      inTurn(owner, () =>
        timed(() => apply(context, distribution, owner, resources, leaseMs)).catch(
          (thrown: unknown) => {
            throw kubeError(thrown, `nothing can be applied for ${owner}`);
          },
        ),
      ),
    revert: (owner) =>
      inTurn(owner, () =>
        timed(() => revert(context, distribution, owner)).catch((thrown: unknown) => {
          throw kubeError(thrown, `${owner} cannot be reverted`);
        }),
      ),
    renew: (owner, leaseMs) =>
      renew(context, owner, leaseMs).catch((thrown: unknown) => {
        throw kubeError(thrown, `the lease of ${owner} cannot be extended`);
      }),
    owners: async () => {
      const leases = await allLeases(context).catch((thrown: unknown) => {
        throw kubeError(thrown, 'cannot list who has applied something');
      });
      return [...new Set(leases.map(({ owner }) => owner))].sort();
    },
  };
}

/** One operation of an owner after the other: each builds on what the one before has left. */
function createTurns(): <T>(owner: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (owner, work) => {
    const turn = (last.get(owner) ?? Promise.resolve()).catch(() => {}).then(work);
    last.set(owner, turn);
    const forget = (): void => {
      if (last.get(owner) === turn) last.delete(owner);
    };
    turn.then(forget, forget);
    return turn;
  };
}

async function apply(
  context: LeaseContext,
  distribution: Distribution,
  owner: string,
  resources: readonly Resource[],
  leaseMs: number | undefined,
): Promise<Omit<ChangeReport, 'enforcedMs'>> {
  const { objects, namespaces } = context;
  checkPlaces(resources, namespaces);
  if (leaseMs !== undefined) await checkLease(objects, resources);
  // What ran out, or was given up half-way, is ended first: from there on this is a new lease.
  await revertOwner(context, owner, 'reverting');
  const holder = await holdersBeside(context, owner);
  const checked = await checkLive(objects, applyOrder(resources), owner, {
    held: (resource) => holder(resource.metadata.namespace, resourceKey(resource)),
    force: () => true,
  });
  const watch = await distribution.begin();
  const leaseSeconds = leaseMs === undefined ? undefined : leaseSecondsOf(leaseMs);
  const recorded = await recordUndo(context, owner, checked, leaseSeconds);
  try {
    const { changed, actions, expected } = await overlay(objects, checked, recorded);
    return { changed, actions, proxies: await watch.settled(expected) };
  } catch (thrown) {
    throw await takenBack(context, owner, recorded, thrown);
  }
}

/** After a failure: takes back what this time applied, where nothing of the owner stood before; says what is left. */
async function takenBack(
  context: LeaseContext,
  owner: string,
  recorded: readonly Recorded[],
  thrown: unknown,
): Promise<WindtunnelError> {
  const error = kubeError(thrown, `applying for ${owner}`);
  const next = error.next === undefined ? {} : { next: error.next };
  const because = (left: string): WindtunnelError =>
    new WindtunnelError(error.code, `${error.message}; ${left}`, { cause: thrown, ...next });
  if (!recorded.every(({ fresh }) => fresh)) {
    return because(`what ${owner} applied stands until it is reverted, or its lease ends`);
  }
  try {
    await revertOwner(context, owner, 'any');
    return because('it was taken back');
  } catch (failure) {
    const why = kubeError(failure, 'taking it back failed').message;
    return because(
      `${why}: it is taken back when its lease ends, or by windtunnel experiment revert`,
    );
  }
}

/** Extends a lease by one request; false when it is not there, has no end, or is being reverted. */
async function renew(
  { objects, namespaces, nowMs }: LeaseContext,
  owner: string,
  leaseMs: number,
): Promise<boolean> {
  const statePath = `/metadata/annotations/${stateAnnotation.replaceAll('/', '~1')}`;
  const renewed = await Promise.all(
    namespaces.map(async (namespace) => {
      const metadata = { name: leaseName(owner), namespace };
      try {
        await objects.patch({ ...leaseKind, metadata }, [
          { op: 'test', path: statePath, value: 'held' },
          { op: 'replace', path: '/spec/leaseDurationSeconds', value: leaseSecondsOf(leaseMs) },
          { op: 'replace', path: '/spec/renewTime', value: microTime(nowMs()) },
        ]);
        return 'extended';
      } catch (thrown) {
        const status = statusOf(thrown);
        if (status === 404) return 'none';
        // The patch doesn't fit the object.
        if (status === 422 || status === 400) return 'over';
        throw thrown;
      }
    }),
  );
  return renewed.includes('extended') && !renewed.includes('over');
}

async function revert(
  context: LeaseContext,
  distribution: Distribution,
  owner: string,
): Promise<Omit<ChangeReport, 'enforcedMs'>> {
  const leases = await allLeases(context);
  if (!leases.some((lease) => lease.owner === owner)) {
    return { changed: [], actions: {}, proxies: 0 };
  }
  const watch = await distribution.begin();
  const undone = await revertOwner(context, owner, 'any');
  const matter = undone.filter(
    ({ matters, entry }) => matters && entry.apiVersion.includes('istio.io'),
  );
  const proxies = await watch.settled(
    matter.map(({ entry, namespace, now }) => ({
      ref: { ...entry, metadata: { name: entry.name, namespace } },
      resourceVersion: now?.metadata.resourceVersion,
    })),
  );
  const named = ({ entry, namespace }: UndoneAt): string =>
    `${entry.kind} ${namespace}/${entry.name}`;
  return {
    changed: undone.filter(({ action }) => action !== 'unchanged').map(named),
    actions: Object.fromEntries(undone.map((one) => [named(one), one.action])),
    proxies,
  };
}
