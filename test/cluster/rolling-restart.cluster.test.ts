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

/** Takes every retry out of the mesh, so that what is proven is the shutdown, not the retries; gives back the old ones. */
async function withoutMeshRetries<T>(work: () => Promise<T>): Promise<T> {
  const before = await Promise.all(
    topology.services.map(({ name }) =>
      askCluster('kubectl', '-n', namespace, 'get', 'virtualservice', name, '-o', 'json'),
    ),
  );
  const patch = async (json: string, attempts: (index: number) => unknown): Promise<void> => {
    const { metadata, spec } = JSON.parse(json) as {
      metadata: { name: string };
      spec: { http: { retries?: unknown }[] };
    };
    const http = spec.http.map((route, index) => ({ ...route, retries: attempts(index) }));
    await askCluster(
      'kubectl',
      '-n',
      namespace,
      'patch',
      'virtualservice',
      metadata.name,
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { http } }),
    );
  };
  try {
    for (const json of before) await patch(json, () => ({ attempts: 0 }));
    return await work();
  } finally {
    for (const json of before) {
      const { spec } = JSON.parse(json) as { spec: { http: { retries?: unknown }[] } };
      await patch(json, (index) => spec.http[index]?.retries);
    }
  }
}

test('a rolling restart of every service loses no request, with no retry anywhere', async () => {
  await withoutMeshRetries(async () => {
    const stop = new AbortController();
    const body = { userId: '123', items: [{ sku: 'book', quantity: 1 }] };
    const reads = loadUntil(stop.signal, { method: 'GET', path: '/users/123' });
    const orders = loadUntil(stop.signal, { method: 'POST', path: '/orders', body });
    for (const { name } of topology.services) {
      const deployment = `deployment/${name}`;
      await askCluster('kubectl', '-n', namespace, 'rollout', 'restart', deployment);
      const wait = ['rollout', 'status', deployment, '--timeout=120s'];
      await askCluster('kubectl', '-n', namespace, ...wait);
    }
    // The last replaced pod is still draining.
    await new Promise((done) => setTimeout(done, 10_000));
    stop.abort();
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
