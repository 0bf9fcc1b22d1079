import { beforeEach, describe, expect, test } from 'vitest';
import {
  fault,
  type LeasedShop,
  leasedShop,
  owner,
  route,
} from '../../../test/support/leased-shop.ts';
import { ApiError } from '../kube/errors.ts';
import { claimLease, findLease, revertClaimed } from '../lease/revert.ts';
import { createReaper, type ReaperEvent } from './reaper.ts';

let cluster: LeasedShop['cluster'];
let leases: LeasedShop['leases'];
let clock: LeasedShop['clock'];
let state: LeasedShop['state'];
let told: ReaperEvent[];
beforeEach(() => {
  ({ cluster, leases, clock, state } = leasedShop());
  told = [];
});
const reaper = (): ReturnType<typeof createReaper> =>
  createReaper({
    objects: cluster,
    namespaces: ['shop'],
    elapsedMs: () => clock.nowMs,
    nowMs: () => clock.nowMs,
    tell: (event) => told.push(event),
  });

describe('the reaper', () => {
  test('puts back what a lease held when it is not renewed, and not before', async () => {
    const before = state();
    await leases.apply(owner, [route(0), fault], 10_000);
    const one = reaper();
    await one.round();
    clock.nowMs = 9000;
    expect(await leases.renew(owner, 10_000)).toBe(true);
    await one.round();
    clock.nowMs = 18_000;
    await one.round();
    expect(state()).not.toEqual(before);
    clock.nowMs = 19_000;
    await one.round();
    expect(state()).toEqual(before);
    expect(told).toMatchObject([{ event: 'reverted', owner }]);
    expect(await leases.renew(owner, 10_000)).toBe(false);
  });

  test('leaves a lease that was renewed between its look and its first step', async () => {
    await leases.apply(owner, [route(0)], 10_000);
    const one = reaper();
    await one.round();
    clock.nowMs = 10_000;
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
    clock.nowMs = 10_000;
    await one.round();
    expect(state()).toEqual(before);
    expect(await leases.owners()).toEqual([]);
  });

  test('and another, and a user, may revert at once', async () => {
    const before = state();
    await leases.apply(owner, [route(0), fault], 1000);
    const both = [reaper(), reaper()];
    for (const one of both) await one.round();
    clock.nowMs = 5000;
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
    clock.nowMs = 1000;
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
    for (clock.nowMs = 1000; clock.nowMs <= 60_000; clock.nowMs += 1000) await one.round();
    const waits = told.map((event) => ('retryMs' in event ? event.retryMs : 0));
    expect(waits).toEqual([2000, 4000, 8000, 16_000, 32_000]);
  });
});
