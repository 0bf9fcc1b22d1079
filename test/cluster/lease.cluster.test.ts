import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { retries } from '../../experiments/retries.ts';
import { topology } from '../../services/topology.ts';
import type { Kube } from '../../src/cluster/kube/client.ts';
import { createObjects } from '../../src/cluster/kube/kube-rest.ts';
import type { Objects } from '../../src/cluster/kube/objects.ts';
import { createLeases, type Leases } from '../../src/cluster/lease/leases.ts';
import { asItStood, canonicalJson } from '../../src/cluster/lease/undo.ts';
import { compileFault } from '../../src/experiment/faults/fault.ts';
import { asResource } from '../../src/experiment/resource.ts';
import type { Resource } from '../../src/manifests/world.ts';
import { runOnCluster, testKube } from '../support/cluster.ts';

const { namespace } = topology;
const owner = 'experiment-lease-test-users';
let kube: Kube;
let objects: Objects;
let leases: Leases;
let before: string[];

/** What an experiment applies: the policy with `n` retries, and a fault that meets only requests of this test. */
function overlay(n: number): Resource[] {
  const [edge] = retries.edges;
  if (edge === undefined) throw new Error('the experiment has no edge');
  const factors = { failureProbability: 0.5, retries: n };
  const fault = retries.fault(edge, factors);
  const bodies = [
    ...retries.policy(edge, factors),
    ...(fault === null ? [] : compileFault(fault, 'lease-test-')),
  ];
  return bodies.map((body) => asResource(body, 'lease-test'));
}

/** Everything that the overlay could touch, as someone wrote it, one canonical JSON text an object. */
async function state(): Promise<string[]> {
  const kinds = ['VirtualService', 'DestinationRule', 'EnvoyFilter'];
  const found = await Promise.all(
    kinds.map((kind) => {
      const group = kind === 'EnvoyFilter' ? 'v1alpha3' : 'v1';
      return objects.list({ apiVersion: `networking.istio.io/${group}`, kind }, namespace);
    }),
  );
  return found.flat().map((one) => canonicalJson(asItStood(one)));
}

async function restoredWithin(timeoutMs: number): Promise<void> {
  const startMs = performance.now();
  while (performance.now() - startMs < timeoutMs) {
    if (canonicalJson(await state()) === canonicalJson(before)) return;
    await sleep(250);
  }
  throw new Error(`not restored after ${timeoutMs} ms`);
}

beforeAll(async () => {
  kube = await testKube();
  objects = createObjects(kube);
  leases = createLeases(kube, { namespaces: [namespace] });
});
beforeEach(async () => {
  before = await state();
});
afterEach(async () => {
  await leases.revert(owner);
});

test('an overlay is in force when apply resolves, and reverting puts everything back byte by byte', async () => {
  const applied = await leases.apply(owner, overlay(2), 60_000);
  expect(applied.actions).toEqual({
    'DestinationRule shop/users': 'configured',
    'VirtualService shop/users': 'configured',
    'EnvoyFilter shop/windtunnel-fault-users': 'created',
  });
  // The callers of users, and its own sidecars, which have the fault.
  expect(applied.proxies).toBeGreaterThanOrEqual(3);
  const again = await leases.apply(owner, overlay(3), 60_000);
  expect(again.changed).toEqual(['VirtualService shop/users']);
  expect(await leases.owners()).toContain(owner);

  const reverted = await leases.revert(owner);
  expect(reverted.changed).toHaveLength(3);
  expect(await state()).toEqual(before);
  expect(await leases.revert(owner)).toMatchObject({ changed: [], proxies: 0 });
});

test('a second owner is refused by the name of the first, and changes nothing', async () => {
  await leases.apply(owner, overlay(1), 60_000);
  const held = await state();
  await expect(leases.apply('experiment-other-users', overlay(3), 60_000)).rejects.toMatchObject({
    code: 'not-ours',
    message: expect.stringContaining(owner) as string,
  });
  expect(await state()).toEqual(held);
});

test('what Istio refuses is refused before anything changes', async () => {
  const [route, ...rest] = overlay(1);
  const body = { ...route?.body, spec: { hosts: ['users'], http: [{ timeout: 'soon' }] } };
  const bad = [...rest, { ...(route as Resource), body }];
  await expect(leases.apply(owner, bad, 60_000)).rejects.toMatchObject({ code: 'rejected' });
  expect(await state()).toEqual(before);
  expect(await leases.owners()).not.toContain(owner);
});

test('the reaper puts back what a killed process held, when its lease ends', async () => {
  // A process of its own, as only such a one can be killed.
  const program = `
    import { createLeases } from '${import.meta.dirname}/../../src/cluster/lease/leases.ts';
    import { openKube } from '${import.meta.dirname}/../../src/cluster/kube/client.ts';
    const { kubeconfig, resources } = JSON.parse(process.env.HELD);
    const leases = createLeases(openKube({ type: 'text', kubeconfig }), { namespaces: ['${namespace}'] });
    await leases.apply('${owner}', resources, 10_000);
    setInterval(() => void leases.renew('${owner}', 10_000), 2000);
    console.log('held');
  `;
  const held = { kubeconfig: kube.config.exportConfig(), resources: overlay(2) };
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, HELD: JSON.stringify(held) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(holder.stdout, 'data');
    // Longer than the lease: it is renewed.
    await sleep(13_000);
    expect(await state()).not.toEqual(before);
  } finally {
    holder.kill('SIGKILL');
  }
  // The lease, two looks of the reaper, and what a busy machine takes.
  await restoredWithin(30_000);
  expect(await leases.owners()).not.toContain(owner);
});

test('experiment revert takes away what stands, and is success when nothing does', async () => {
  await leases.apply(owner, overlay(2), 60_000);
  const first = await runOnCluster(['experiment', 'revert', '--all']);
  expect(first).toMatchObject({ status: 0 });
  expect(first.stdout).toContain('EnvoyFilter shop/windtunnel-fault-users deleted');
  expect(await state()).toEqual(before);
  const second = await runOnCluster(['experiment', 'revert', '--all']);
  expect(second).toMatchObject({ status: 0 });
  expect(second.stdout).toContain('nothing to revert');
});

test('a revert that was killed half-way is gone on with', async () => {
  await leases.apply(owner, overlay(2), 60_000);
  const failing: Objects = {
    ...objects,
    // Killed after the fault was deleted, before the policies are back.
    replace: (body) =>
      body.kind === 'Lease' ? objects.replace(body) : Promise.reject(new Error('killed')),
  };
  const killed = createLeases(kube, { namespaces: [namespace], objects: failing });
  await expect(killed.revert(owner)).rejects.toThrow('killed');
  expect(await leases.owners()).toContain(owner);
  expect(await leases.renew(owner, 60_000)).toBe(false);
  // By the reaper, without being asked.
  await restoredWithin(30_000);
  expect(await state()).toEqual(before);
});
