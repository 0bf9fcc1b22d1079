import type { Distribution } from '../../src/cluster/lease/distribution.ts';
import { createLeases, type Leases } from '../../src/cluster/lease/leases.ts';
import type { Expected } from '../../src/cluster/lease/settle.ts';
import { asItStood, canonicalJson } from '../../src/cluster/lease/undo.ts';
import { reaperPlace } from '../../src/cluster/reaper/place.ts';
import type { Resource } from '../../src/manifests/world.ts';
import { type FakeObjects, fakeObjects } from './fake-objects.ts';

/** An owner, as an experiment calls itself. */
export const owner = 'experiment-retries-users';

/** The API version of what is changed. */
export const istio = 'networking.istio.io/v1';

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

/** A change of what stands in a {@link LeasedShop}. */
export const route = (retries: number): Resource =>
  resource('VirtualService', 'users', { retries });

/** Something that is not there yet. */
export const fault = resource('EnvoyFilter', 'fault', { abort: 503 });

/** A cluster in memory with a reaper's Deployment and one VirtualService, and leases on it. */
export interface LeasedShop {
  cluster: FakeObjects;
  leases: Leases;
  /** The clock of the leases; a test sets it. */
  clock: { nowMs: number };
  /** What was to be waited for, by change. */
  expected: (readonly Expected[])[];
  /** All of the system as someone wrote it; the leases themselves aside. */
  state(): string[];
  /** Leases on the same cluster, as another process has them. */
  otherLeases(): Leases;
}

/** Makes a {@link LeasedShop}. */
export function leasedShop(): LeasedShop {
  const cluster = fakeObjects();
  const clock = { nowMs: 0 };
  const expected: (readonly Expected[])[] = [];
  const distribution: Distribution = {
    begin: async () => ({
      settled: async (changes) => {
        expected.push(changes);
        return changes.length;
      },
    }),
  };
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
  const shared = { namespaces: ['shop'], objects: cluster, distribution };
  return {
    cluster,
    leases: createLeases({} as never, { ...shared, nowMs: () => clock.nowMs }),
    clock,
    expected,
    state: () =>
      cluster
        .all()
        .filter(({ kind }) => kind !== 'Lease')
        .map((one) => canonicalJson(asItStood(one)))
        .sort(),
    otherLeases: () => createLeases({} as never, shared),
  };
}
