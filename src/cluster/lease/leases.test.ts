import { beforeEach, describe, expect, test } from 'vitest';
import {
  fault,
  type LeasedShop,
  leasedShop,
  owner,
  route,
} from '../../../test/support/leased-shop.ts';
import { ApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { leaseObject, undoAnnotation } from './record.ts';

let cluster: LeasedShop['cluster'];
let leases: LeasedShop['leases'];
let clock: LeasedShop['clock'];
let expected: LeasedShop['expected'];
let state: LeasedShop['state'];
beforeEach(() => {
  ({ cluster, leases, clock, expected, state } = leasedShop());
});
const lease = (): KubeObject | undefined => cluster.get('Lease', `windtunnel-${owner}`, 'shop');
const undoText = (): string | undefined => lease()?.metadata.annotations?.[undoAnnotation];

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
      cluster.put(leaseObject({ ...record, state: 'reverting' }, clock.nowMs));
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
