import { expect, inject, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import { arrivalOffsetsMs } from '../../src/load/arrivals.ts';
import type { Exchange } from '../../src/load/exchange.ts';
import { runOpenLoop } from '../../src/load/open-loop.ts';
import { seededRandom } from '../../src/load/random.ts';
import { createRestSender, type RestOptions } from '../../src/load/rest.ts';
import { askCluster } from '../support/cluster.ts';

const { namespace } = topology;
const ratePerSecond = 25;
/** Longer than all rollouts take: the load ends with them, not by itself. */
const longestMs = 400_000;

/** An open loop into the ingress gateway, without any retry of its own, until `signal`; resolves to the number of each outcome. */
async function loadUntil(
  signal: AbortSignal,
  request: Pick<RestOptions, 'method' | 'path' | 'body'>,
): Promise<Record<string, number>> {
  const { port } = inject('cluster');
  const where = { address: '127.0.0.1', port, authority: 'shop.test', timeoutMs: 15_000 };
  const sender = createRestSender({ ...where, ...request });
  const requests = Math.floor((longestMs / 1000) * ratePerSecond);
  const sent: Promise<Exchange>[] = [];
  await runOpenLoop({
    offsetsMs: arrivalOffsetsMs({ kind: 'poisson', ratePerSecond }, requests, seededRandom(4)),
    send: (index) => {
      const exchange = sender.send(`rolling-${request.method}-${index}`);
      sent.push(exchange);
      return exchange;
    },
    signal,
  });
  // Those under way when the load ends count, too.
  const outcomes: Record<string, number> = {};
  for (const { outcome } of await Promise.all(sent)) {
    outcomes[outcome.label] = (outcomes[outcome.label] ?? 0) + 1;
  }
  await sender.close();
  return outcomes;
}

interface RouteList {
  metadata: { name: string };
  spec: { http: object[] };
}
interface PoolList {
  metadata: { name: string };
  spec: { trafficPolicy: { connectionPool: { tcp: object } } };
}

async function specsOf<T>(kind: string): Promise<T[]> {
  const json = await askCluster('kubectl', '-n', namespace, 'get', kind, '-o', 'json');
  return (JSON.parse(json) as { items: T[] }).items;
}

const replaceSpec = (kind: string, name: string, spec: object): Promise<string> =>
  askCluster(
    'kubectl',
    '-n',
    namespace,
    'patch',
    kind,
    name,
    '--type=json',
    '-p',
    JSON.stringify([{ op: 'replace', path: '/spec', value: spec }]),
  );

/**
 * Takes every retry out of the mesh, so that what is proven is the shutdown, not the retries; and every deadline, as two
 * busy cores that start pods are slower than those, and a late answer is not a lost one. Gives back what was there.
 */
async function withoutHelpAndHurry<T>(work: () => Promise<T>): Promise<T> {
  const routes = await specsOf<RouteList>('virtualservices');
  const pools = await specsOf<PoolList>('destinationrules');
  try {
    for (const { metadata, spec } of routes) {
      const http = spec.http.map((route) => ({
        ...route,
        retries: { attempts: 0 },
        timeout: '14s',
      }));
      await replaceSpec('virtualservice', metadata.name, { ...spec, http });
    }
    for (const { metadata, spec } of pools) {
      const changed = structuredClone(spec);
      changed.trafficPolicy.connectionPool.tcp = {
        ...changed.trafficPolicy.connectionPool.tcp,
        connectTimeout: '10s',
      };
      await replaceSpec('destinationrule', metadata.name, changed);
    }
    return await work();
  } finally {
    for (const { metadata, spec } of routes) {
      await replaceSpec('virtualservice', metadata.name, spec);
    }
    for (const { metadata, spec } of pools) {
      await replaceSpec('destinationrule', metadata.name, spec);
    }
  }
}

test('a rolling restart of every service loses no request, with no retry anywhere', async () => {
  await withoutHelpAndHurry(async () => {
    const stop = new AbortController();
    const body = { userId: '123', items: [{ sku: 'book', quantity: 1 }] };
    const reads = loadUntil(stop.signal, { method: 'GET', path: '/users/123' });
    const orders = loadUntil(stop.signal, { method: 'POST', path: '/orders', body });
    try {
      for (const { name } of topology.services) {
        const deployment = `deployment/${name}`;
        await askCluster('kubectl', '-n', namespace, 'rollout', 'restart', deployment);
        const wait = ['rollout', 'status', deployment, '--timeout=120s'];
        await askCluster('kubectl', '-n', namespace, ...wait);
      }
      // The last replaced pod is still draining.
      await new Promise((done) => setTimeout(done, 10_000));
    } finally {
      stop.abort();
    }
    const seen = { reads: await reads, orders: await orders };
    // The success rate is 1.000000: every answer is the service's own.
    expect(seen).toEqual({
      reads: { 'http 200': expect.any(Number) },
      orders: { 'http 201': expect.any(Number) },
    });
    expect(seen.reads['http 200']).toBeGreaterThan(500);
    expect(seen.orders['http 201']).toBeGreaterThan(500);
  });
});

test('the same count sees a loss when a pod goes without a farewell', async () => {
  const stop = new AbortController();
  const reads = loadUntil(stop.signal, { method: 'GET', path: '/users/123' });
  await new Promise((done) => setTimeout(done, 3000));
  await askCluster(
    'kubectl',
    '-n',
    namespace,
    'delete',
    'pod',
    '-l',
    'app=storefront',
    '--grace-period=0',
    '--force',
  );
  const wait = ['rollout', 'status', 'deployment/storefront', '--timeout=120s'];
  await askCluster('kubectl', '-n', namespace, ...wait);
  await new Promise((done) => setTimeout(done, 3000));
  stop.abort();
  const outcomes = Object.keys(await reads);
  expect(outcomes).toContain('http 200');
  expect(outcomes.length).toBeGreaterThan(1);
});
