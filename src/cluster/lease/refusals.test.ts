import { beforeEach, describe, expect, test } from 'vitest';
import {
  fault,
  istio,
  type LeasedShop,
  leasedShop,
  owner,
  route,
} from '../../../test/support/leased-shop.ts';
import type { Resource } from '../../manifests/world.ts';
import type { KubeObject } from '../kube/objects.ts';
import { reaperPlace } from '../reaper/place.ts';
import { canonicalJson } from './undo.ts';

let cluster: LeasedShop['cluster'];
let leases: LeasedShop['leases'];
let otherLeases: LeasedShop['otherLeases'];
let state: LeasedShop['state'];
beforeEach(() => {
  ({ cluster, leases, otherLeases, state } = leasedShop());
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
      await otherLeases().apply('experiment-other', [route(1)], 1000);
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
