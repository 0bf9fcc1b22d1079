import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { inject, afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { topology } from '../../../services/topology.ts';
import { askCluster, testKube } from '../../../test/support/cluster.ts';
import { connectAgent, type LoadAgent } from '../../load/agent/client.ts';
import type { RequestSpec } from '../../load/agent/protocol.ts';
import { cliImage } from '../images/catalogue.ts';
import type { Kube } from '../kube/client.ts';
import { startLoad } from './start.ts';

const { namespace } = topology;
let kube: Kube;
beforeAll(async () => {
  kube = await testKube();
});
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const users: RequestSpec = {
  protocol: 'http',
  address: 'users',
  port: 8080,
  authority: 'users:8080',
  path: '/users/123',
  method: 'GET',
  timeoutMs: 5000,
};
const plan = (requests: number) => ({
  arrivals: { kind: 'constant' as const, ratePerSecond: 50 },
  requests,
  seed: 1,
  requestIdPrefix: `wt-load-test-${process.pid}-`,
  maxOutstanding: 100,
});
const start = async (
  caller: string,
  more: Partial<Parameters<typeof startLoad>[0]> = {},
): Promise<LoadAgent> => {
  const options = { kube, namespace, caller, image: cliImage.name, tell: () => {} };
  const agent = await connectAgent(await startLoad({ ...options, ...more }));
  cleanups.push(() => agent.close());
  return agent;
};
/** How many requests, in or out, the sidecar of a caller's load pod has logged. */
const requestsOf = async (caller: string): Promise<number> => {
  const pod = ['-l', `windtunnel.dev/load=${caller}`, '-c', 'istio-proxy', '--tail=-1'];
  const text = await askCluster('kubectl', '-n', namespace, 'logs', ...pod);
  return text.split('\n').filter((line) => line.includes('"upstreamCluster"')).length;
};
/** Names of load Jobs and their pods. */
const left = async (at = namespace): Promise<string[]> => {
  const selector = ['-l', 'windtunnel.dev/load', '-o', 'name'];
  const text = await askCluster('kubectl', '-n', at, 'get', 'jobs,pods', ...selector);
  return text.split('\n').filter((name) => name !== '');
};

describe('a load pod', () => {
  test('is its caller to the mesh: it may what the caller may, and nothing else', async () => {
    const [storefront, payments] = await Promise.all([start('storefront'), start('payments')]);
    const allowed = await (await storefront.open(users)).run(plan(100));
    // A busy machine may let a few run into the edge's deadline.
    expect(allowed.classes.success).toBeGreaterThan(80);
    const refused = await (await payments.open(users)).run(plan(20));
    expect(refused).toMatchObject({ completed: 20, classes: { success: 0 } });
  });

  test('is never an endpoint, and gets no request of the Service that its labels meet', async () => {
    // users has load of its own pod, and calls from storefront that could go there, too.
    const [, storefront] = await Promise.all([start('users'), start('storefront')]);
    const slices = await kube.objects.list('discovery.k8s.io/v1', 'EndpointSlice', namespace);
    const endpoints = slices.items.flatMap(
      (slice) =>
        (slice as { endpoints?: { conditions: object; targetRef?: { name: string } }[] })
          .endpoints ?? [],
    );
    const loads = endpoints.filter(({ targetRef }) =>
      targetRef?.name.startsWith('windtunnel-load'),
    );
    expect(loads.map(({ conditions }) => conditions)).toEqual([
      { ready: false, serving: false, terminating: false },
      { ready: false, serving: false, terminating: false },
    ]);
    const report = await (await storefront.open(users)).run(plan(300));
    expect(report.completed).toBe(300);
    // Sidecars flush their log once a second.
    await expect.poll(() => requestsOf('storefront'), { timeout: 10_000 }).toBeGreaterThan(200);
    expect(await requestsOf('users')).toBe(0);
  });

  test('is gone when its agent is closed', async () => {
    const agent = await start('storefront');
    expect(await left()).not.toEqual([]);
    await agent.close();
    expect(await left()).toEqual([]);
  });

  test('is gone soon after SIGKILL of the process that drives it, in the middle of a load', async () => {
    const url = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
    const script = `
      const { openKube } = await import(${url('../kube/client.ts')});
      const { startLoad } = await import(${url('start.ts')});
      const { connectAgent } = await import(${url('../../load/agent/client.ts')});
      const kube = openKube({ type: 'default' });
      const options = ${JSON.stringify({ namespace, caller: 'storefront', image: cliImage.name })};
      const agent = await connectAgent(await startLoad({ ...options, kube, tell: () => {} }));
      const source = await agent.open(${JSON.stringify(users)});
      console.log((await source.send('wt-load-test-killed')).label);
      await source.run(${JSON.stringify(plan(100_000))});
    `;
    const env = { ...process.env, KUBECONFIG: inject('cluster').kubeconfig };
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env });
    cleanups.push(async () => child.kill('SIGKILL'));
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    expect(line).toBe('http 200');
    expect(await left()).not.toEqual([]);
    child.kill('SIGKILL');
    await expect.poll(() => left(), { timeout: 30_000, interval: 500 }).toEqual([]);
  });
});

describe('a load pod that cannot run', () => {
  const bare = `windtunnel-load-test-${process.pid}`;
  const deployment = (name: string): object => ({
    metadata: { name },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name, image: cliImage.name }] },
      },
    },
  });
  beforeAll(async () => {
    await kube.core.createNamespace({ body: { metadata: { name: bare } } });
    const body = deployment('nobody');
    await kube.apps.createNamespacedDeployment({ namespace: bare, body });
  });
  afterAll(async () => {
    await kube.core.deleteNamespace({ name: bare });
  });
  const failing = async (caller: string, more: Partial<Parameters<typeof startLoad>[0]>) => {
    const error: unknown = await start(caller, more).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    expect(await left(more.namespace)).toEqual([]);
    return error;
  };

  test('says so when there is no such caller', async () => {
    expect(await failing('nobody', {})).toMatchObject({ code: 'unknown-reference' });
  });

  test('names the image that the node lacks', async () => {
    expect(await failing('storefront', { image: 'windtunnel/none:0' })).toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('lacks the image windtunnel/none:0'),
      next: expect.stringContaining('windtunnel up'),
    });
  });

  test('says that an image is too old to hold the agent', async () => {
    expect(await failing('storefront', { image: topology.image })).toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('Cannot find module'),
    });
  });

  test('names the sidecar that was not injected', async () => {
    expect(await failing('nobody', { namespace: bare })).toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('no sidecar'),
      next: expect.stringContaining('istio-injection=enabled'),
    });
  });

  test('names the quota that is used up', async () => {
    const body = { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } };
    await kube.core.createNamespacedResourceQuota({ namespace: bare, body });
    expect(await failing('nobody', { namespace: bare })).toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('exceeded quota'),
    });
  });

  test('leaves nothing when it is interrupted meanwhile', async () => {
    const abort = new AbortController();
    const told: string[] = [];
    const tell = (text: string): void => {
      told.push(text);
      abort.abort();
    };
    await failing('storefront', { tell, signal: abort.signal });
    expect(told).toHaveLength(1);
  });
});
