import { beforeEach, describe, expect, test } from 'vitest';
import { type FakeObjects, fakeObjects } from '../../../test/support/fake-objects.ts';
import type { Resource } from '../../manifests/world.ts';
import { ApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { createReaper, type ReaperEvent } from '../reaper/reaper.ts';
import { reaperPlace } from '../reaper/place.ts';
import type { Distribution } from './distribution.ts';
import { createLeases, type Leases } from './leases.ts';
import { leaseObject, undoAnnotation } from './record.ts';
import { claimLease, findLease, revertClaimed } from './revert.ts';
import type { Expected } from './settle.ts';
import { asItStood, canonicalJson } from './undo.ts';

const owner = 'experiment-retries-users';
const istio = 'networking.istio.io/v1';

const resource = (kind: string, name: string, spec: object): Resource => {
  const metadata = { name, namespace: 'shop', labels: {}, annotations: {} };
  return {
    apiVersion: istio,
    kind,
    metadata,
    body: { apiVersion: istio, kind, metadata: { name, namespace: 'shop' }, spec },
    source: { file: 'test', line: 1 },
  };
};
const route = (retries: number): Resource => resource('VirtualService', 'users', { retries });
const fault = resource('EnvoyFilter', 'fault', { abort: 503 });

let cluster: FakeObjects;
let leases: Leases;
let expected: (readonly Expected[])[];
let nowMs: number;
let told: ReaperEvent[];

const distribution: Distribution = {
  begin: async () => ({
    settled: async (changes) => {
      expected.push(changes);
      return changes.length;
    },
  }),
};
/** All of the system as someone wrote it; the leases themselves aside. */
const state = (): string[] =>
  cluster
    .all()
    .filter(({ kind }) => kind !== 'Lease')
    .map((one) => canonicalJson(asItStood(one)))
    .sort();
const lease = (): KubeObject | undefined => cluster.get('Lease', `windtunnel-${owner}`, 'shop');
const undoText = (): string | undefined => lease()?.metadata.annotations?.[undoAnnotation];
const reaper = (): ReturnType<typeof createReaper> =>
  createReaper({
    objects: cluster,
    namespaces: ['shop'],
    elapsedMs: () => nowMs,
    nowMs: () => nowMs,
    tell: (event) => told.push(event),
  });

beforeEach(() => {
  cluster = fakeObjects();
  expected = [];
  told = [];
  nowMs = 0;
  cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  cluster.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: reaperPlace.name, namespace: reaperPlace.namespace },
    status: { availableReplicas: 1 },
  });
  cluster.put({
    apiVersion: istio,
    kind: 'VirtualService',
    metadata: {
      name: 'users',
      namespace: 'shop',
      labels: { team: 'a' },
      annotations: { note: 'x' },
    },
    spec: { retries: 2, timeout: '600ms' },
    status: { seen: true },
  });
  const namespaces = ['shop'];
  leases = createLeases({} as never, {
    namespaces,
    objects: cluster,
    distribution,
    nowMs: () => nowMs,
  });
});

describe('a lease that someone else changes at the same moment', () => {
  const makingLease = (meet: () => void): void => {
    cluster.onRequest = (verb, ref) => {
      if (verb !== 'create' || ref.kind !== 'Lease') return;
      meet();
      throw new ApiError(409, 'Lease', { message: 'conflict' });
    };
  };

  test('again and again is said, and nothing is changed', async () => {
    const before = state();
    let times = 0;
    makingLease(() => times++);
    await expect(leases.apply(owner, [route(0)], 30_000)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('was changed by someone else, 6 times in a row'),
      next: expect.stringContaining(owner),
    });
    expect(times).toBe(6);
    expect(state()).toEqual(before);
  });

  test('to revert it is said, and nothing is changed', async () => {
    const before = state();
    makingLease(() => {
      const record = { owner, namespace: 'shop', leaseSeconds: 30, entries: [] };
      cluster.put(leaseObject({ ...record, state: 'reverting' }, nowMs));
    });
    await expect(leases.apply(owner, [route(0)], 30_000)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('is being reverted at this moment'),
      next: expect.stringContaining('Wait'),
    });
    expect(state()).toEqual(before);
  });
});

describe('applying and reverting', () => {
  test('puts an object in place of the one that stood, and back exactly; what was not there goes', async () => {
    const before = state();
    const report = await leases.apply(owner, [route(0), fault], 30_000);
    expect(report).toMatchObject({
      actions: { 'VirtualService shop/users': 'configured', 'EnvoyFilter shop/fault': 'created' },
      proxies: 2,
    });
    expect(cluster.get('VirtualService', 'users', 'shop')?.spec).toEqual({ retries: 0 });
    expect(await leases.owners()).toEqual([owner]);

    const reverted = await leases.revert(owner);
    expect(reverted.actions).toEqual({
      'EnvoyFilter shop/fault': 'deleted',
      'VirtualService shop/users': 'configured',
    });
    expect(state()).toEqual(before);
    expect(await leases.owners()).toEqual([]);
    expect(await leases.revert(owner)).toMatchObject({ changed: [], proxies: 0 });
  });

  test('goes back to the first state, however often the owner applied', async () => {
    const before = state();
    await leases.apply(owner, [route(0)], 30_000);
    await leases.apply(owner, [route(1), fault], 30_000);
    await leases.apply(owner, [route(3)], 30_000);
    expect(JSON.parse(undoText() ?? '')).toHaveLength(2);
    await leases.revert(owner);
    expect(state()).toEqual(before);
  });

  test('waits for istiod only where what it reads has changed', async () => {
    await leases.apply(owner, [route(0), fault], 30_000);
    await leases.apply(owner, [route(1), fault], 30_000);
    expect(expected.map((changes) => changes.map(({ ref }) => ref.kind))).toEqual([
      ['VirtualService', 'EnvoyFilter'],
      ['VirtualService'],
    ]);
  });

  test('writes down how to undo before it changes anything', async () => {
    const written: (string | undefined)[] = [];
    cluster.onRequest = (verb, ref) => {
      // The first request that changes the object: a dry run comes before, as an apply.
      const isChange =
        verb === 'apply' && ref.metadata.name === 'users' && written.push(undoText());
      if (isChange && written.length === 2) throw new Error('killed');
    };
    await expect(leases.apply(owner, [route(0)], 30_000)).rejects.toThrow('killed');
    expect(written).toEqual([undefined, expect.stringContaining('"timeout":"600ms"')]);
  });

  test('takes back what it applied when a later change of the first time fails', async () => {
    const before = state();
    cluster.onRequest = (verb, ref) => {
      const inForce =
        cluster.get('VirtualService', 'users', 'shop')?.metadata.labels?.team === undefined;
      if (verb === 'apply' && ref.kind === 'EnvoyFilter' && inForce) {
        throw new ApiError(422, 'x', { message: 'no' });
      }
    };
    await expect(leases.apply(owner, [route(0), fault], 30_000)).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('it was taken back') as string,
    });
    expect(state()).toEqual(before);
    expect(lease()).toBeUndefined();
  });
});

describe('refuses, and changes nothing', () => {
  /** The error of `work`, and whether the system is as it was before. */
  const refusal = async (work: () => Promise<unknown>): Promise<object> => {
    const before = state();
    const error = await work().then(
      () => new Error('it was done'),
      (thrown: unknown) => thrown as Error & { code: string },
    );
    const { message } = error;
    const changed = canonicalJson(before) !== canonicalJson(state());
    return { code: 'code' in error ? error.code : undefined, message, changed };
  };
  const refused = (code: string, said: string): object => ({
    code,
    message: expect.stringContaining(said) as string,
    changed: false,
  });

  test('what another owner holds', async () => {
    await leases.apply(owner, [route(0)], 30_000);
    expect(await refusal(() => leases.apply('experiment-other', [route(1), fault], 1000))).toEqual(
      refused('not-ours', owner),
    );
    expect(await leases.owners()).toEqual([owner]);
  });

  test('what another owner wrote down at the same moment', async () => {
    let raced = false;
    cluster.onRequest = async (verb, ref) => {
      if (verb !== 'create' || ref.kind !== 'Lease' || raced) return;
      raced = true;
      const other = createLeases({} as never, {
        namespaces: ['shop'],
        objects: cluster,
        distribution,
      });
      await other.apply('experiment-other', [route(1)], 1000);
    };
    await expect(leases.apply(owner, [route(0)], 1000)).rejects.toMatchObject({ code: 'not-ours' });
    expect(await leases.owners()).toEqual(['experiment-other']);
    expect(cluster.get('VirtualService', 'users', 'shop')?.spec).toEqual({ retries: 1 });
  });

  test('what another tool manages', async () => {
    cluster.put({
      apiVersion: istio,
      kind: 'EnvoyFilter',
      metadata: {
        name: 'fault',
        namespace: 'shop',
        annotations: { 'meta.helm.sh/release-name': 'x' },
      },
    });
    expect(await refusal(() => leases.apply(owner, [route(0), fault], 1000))).toEqual(
      refused('not-ours', 'EnvoyFilter shop/fault is managed by Helm'),
    );
  });

  test('a kind that the reaper may not put back, a place where it does not look, no reaper', async () => {
    const secret: Resource = { ...fault, apiVersion: 'v1', kind: 'Secret' };
    expect(await refusal(() => leases.apply(owner, [secret], 1000))).toEqual(
      refused('unsupported', 'Secret'),
    );
    const elsewhere = { ...fault, metadata: { ...fault.metadata, namespace: 'other' } };
    expect(await refusal(() => leases.apply(owner, [elsewhere], 1000))).toEqual(
      refused('unsupported', 'namespace other'),
    );
    await cluster.remove({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: reaperPlace.name, namespace: reaperPlace.namespace },
    });
    expect(await refusal(() => leases.apply(owner, [fault], 1000))).toEqual(
      refused('preflight', 'reaper'),
    );
  });

  test('more than an annotation holds', async () => {
    const users = cluster.get('VirtualService', 'users', 'shop');
    cluster.put({ ...(users as KubeObject), spec: { text: 'x'.repeat(300_000) } });
    expect(await refusal(() => leases.apply(owner, [route(0)], 1000))).toEqual(
      refused('unsupported', 'takes 300'),
    );
  });
});

describe('the reaper', () => {
  test('puts back what a lease held when it is not renewed, and not before', async () => {
    const before = state();
    await leases.apply(owner, [route(0), fault], 10_000);
    const one = reaper();
    await one.round();
    nowMs = 9000;
    expect(await leases.renew(owner, 10_000)).toBe(true);
    await one.round();
    nowMs = 18_000;
    await one.round();
    expect(state()).not.toEqual(before);
    nowMs = 19_000;
    await one.round();
    expect(state()).toEqual(before);
    expect(told).toMatchObject([{ event: 'reverted', owner }]);
    expect(await leases.renew(owner, 10_000)).toBe(false);
  });

  test('leaves a lease that was renewed between its look and its first step', async () => {
    await leases.apply(owner, [route(0)], 10_000);
    const one = reaper();
    await one.round();
    nowMs = 10_000;
    cluster.onRequest = async (verb, ref) => {
      if (verb !== 'replace' || ref.kind !== 'Lease') return;
      cluster.onRequest = () => {};
      await leases.renew(owner, 10_000);
    };
    await one.round();
    expect(told).toMatchObject([{ event: 'renewed in time' }]);
    expect(cluster.get('VirtualService', 'users', 'shop')?.spec).toEqual({ retries: 0 });
  });

  test.each([1, 2, 3, 4])('goes on with a revert that was killed at its write %i', async (kill) => {
    const before = state();
    await leases.apply(owner, [route(0), fault], 10_000);
    let writes = 0;
    cluster.onRequest = (verb) => {
      if (['replace', 'remove', 'create'].includes(verb) && ++writes >= kill)
        throw new Error('killed');
    };
    await expect(leases.revert(owner)).rejects.toThrow('killed');
    cluster.onRequest = () => {};
    expect(await leases.owners()).toEqual([owner]);
    const one = reaper();
    await one.round();
    nowMs = 10_000;
    await one.round();
    expect(state()).toEqual(before);
    expect(await leases.owners()).toEqual([]);
  });

  test('and another, and a user, may revert at once', async () => {
    const before = state();
    await leases.apply(owner, [route(0), fault], 1000);
    const both = [reaper(), reaper()];
    for (const one of both) await one.round();
    nowMs = 5000;
    await Promise.all([...both.map((one) => one.round()), leases.revert(owner)]);
    expect(state()).toEqual(before);
    expect(told.filter(({ event }) => event === 'revert failed')).toEqual([]);
  });

  test('that comes late does not touch what a new lease of the owner applied', async () => {
    await leases.apply(owner, [route(0)], 1000);
    const old = await findLease(cluster, owner, 'shop');
    const claimed = old && (await claimLease(cluster, old, 0));
    expect(claimed?.state).toBe('reverting');
    // The owner ends that revert itself, and begins anew; the late one holds the old lease.
    await leases.apply(owner, [route(3)], 1000);
    if (claimed) await revertClaimed(cluster, claimed);
    expect(cluster.get('VirtualService', 'users', 'shop')?.spec).toEqual({ retries: 3 });
    expect(await leases.owners()).toEqual([owner]);
  });

  test('tells of a cluster that does not answer once, and works when it does again', async () => {
    await leases.apply(owner, [route(0)], 1000);
    const one = reaper();
    cluster.onRequest = () => {
      throw new Error('connect ECONNREFUSED');
    };
    await one.round();
    await one.round();
    expect(one.answers()).toBe(false);
    cluster.onRequest = () => {};
    await one.round();
    nowMs = 1000;
    await one.round();
    expect(told.map(({ event }) => event)).toEqual([
      'cluster does not answer',
      'cluster answers again',
      'reverted',
    ]);
  });

  test('tries a revert that fails again, less and less often', async () => {
    await leases.apply(owner, [fault], 1000);
    const one = reaper();
    await one.round();
    cluster.onRequest = (verb, ref) => {
      if (verb === 'remove' && ref.kind === 'EnvoyFilter') throw new ApiError(403, 'x', {});
    };
    for (nowMs = 1000; nowMs <= 60_000; nowMs += 1000) await one.round();
    const waits = told.map((event) => ('retryMs' in event ? event.retryMs : 0));
    expect(waits).toEqual([2000, 4000, 8000, 16_000, 32_000]);
  });
});
