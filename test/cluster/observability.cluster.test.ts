import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { openDashboard } from '../../src/cluster/observability/dashboards.ts';
import type { DashboardName } from '../../src/cluster/observability/dashboard-names.ts';
import { runOnCluster, testKube } from '../support/cluster.ts';

// The observability profile, which the tests' cluster is brought up with. Where an image can be had neither from a registry nor from
// scripts/airgap.ts, `up` leaves its program out and says so; the tests of that program then say it, too.
let upOutput = '';

const port = () => String(inject('cluster').port);
const leftOut = (name: string): string | undefined =>
  upOutput.split('\n').find((line) => line.includes(`${name} is left out`));

beforeAll(async () => {
  // Changes nothing where it is there already; what is left out it says each time.
  const up = await runOnCluster(['up', '--observability', '--port', port()]);
  upOutput = `${up.stdout}\n${up.stderr}`;
  if (up.status !== 0) throw new Error(`up: exit ${up.status}\n${upOutput}`);
});

/** Asks a dashboard's API through the way that `windtunnel dashboard` opens. */
async function withDashboard<T>(name: DashboardName, ask: (origin: string) => Promise<T>) {
  const problems: string[] = [];
  const dashboard = await openDashboard({
    kube: await testKube(),
    name,
    namespace: 'shop',
    up: 'windtunnel up',
    onProblem: (reason) => problems.push(reason),
  });
  try {
    return await ask(new URL(dashboard.url).origin);
  } finally {
    await dashboard.close();
  }
}

/** Asks until `done` says that the answer is complete, for a minute at most. */
async function untilDone<T>(ask: () => Promise<T>, done: (answer: T) => boolean): Promise<T> {
  for (let turn = 0; turn < 30; turn++) {
    const answer = await ask();
    if (done(answer)) return answer;
    await sleep(2000);
  }
  return ask();
}

interface JaegerTrace {
  data: {
    spans: { operationName: string; processID: string }[];
    processes: Record<string, { serviceName: string }>;
  }[];
}

interface Targets {
  data: { activeTargets: { health: string; lastError: string; labels: Record<string, string> }[] };
}

describe('Jaeger', () => {
  test('shows the trace of one order in every service on its path', async (context) => {
    const notice = leftOut('jaeger');
    context.skip(notice !== undefined, notice);
    const traceId = crypto.randomUUID().replaceAll('-', '');
    const placed = await fetch(`http://127.0.0.1:${port()}/orders`, {
      method: 'POST',
      body: JSON.stringify({ userId: '123', items: [{ sku: 'book', quantity: 1 }] }),
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${traceId}-${'c'.repeat(16)}-01`,
      },
    });
    expect(placed.status).toBe(201);
    const trace = await withDashboard('jaeger', (origin) =>
      untilDone(
        async () => (await (await fetch(`${origin}/api/traces/${traceId}`)).json()) as JaegerTrace,
        ({ data }) => data?.[0]?.spans.length === 9,
      ),
    );
    const found = trace.data?.[0];
    const seen = found?.spans.map(
      ({ operationName, processID }) =>
        `${found.processes[processID]?.serviceName} ${operationName}`,
    );
    expect(seen?.toSorted()).toEqual([
      'inventory shop.inventory.v1.Inventory/Reserve',
      'orders GET',
      'orders POST /orders',
      'orders shop.inventory.v1.Inventory/Reserve',
      'orders shop.payments.v1.Payments/Charge',
      'payments shop.payments.v1.Payments/Charge',
      'storefront POST',
      'storefront POST /orders',
      'users GET /users/:id',
    ]);
  });
});

describe('Prometheus', () => {
  const query = async (origin: string, text: string) => {
    const answer = await fetch(`${origin}/api/v1/query?query=${encodeURIComponent(text)}`);
    const { data } = (await answer.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return data.result;
  };

  test('reaches every pod of the shop and istiod, under STRICT mutual TLS', async (context) => {
    const notice = leftOut('prometheus');
    context.skip(notice !== undefined, notice);
    const { data } = await withDashboard('prometheus', (origin) =>
      untilDone(
        async () =>
          (await (await fetch(`${origin}/api/v1/targets?state=active`)).json()) as Targets,
        // None at all is not all of them: Prometheus may not have looked for pods yet.
        ({ data: { activeTargets } }) =>
          activeTargets.length > 0 && activeTargets.every(({ health }) => health === 'up'),
      ),
    );
    const targets = data.activeTargets;
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter(({ health }) => health !== 'up')).toEqual([]);
    const apps = new Set(targets.map(({ labels }) => labels['app']));
    for (const app of ['istiod', 'inventory', 'orders', 'payments', 'storefront', 'users']) {
      expect(apps).toContain(app);
    }
  });

  test("has Envoy's counters of retries and the services' own histograms", async (context) => {
    const notice = leftOut('prometheus');
    context.skip(notice !== undefined, notice);
    await fetch(`http://127.0.0.1:${port()}/users/123`);
    const [retries, durations] = await withDashboard('prometheus', async (origin) => [
      await untilDone(
        () =>
          query(
            origin,
            'envoy_cluster_upstream_rq_retry{app="storefront",cluster_name=~".*users.*"}',
          ),
        (found) => found.length > 0,
      ),
      await untilDone(
        () =>
          query(origin, 'http_server_request_duration_count{app="users",http_route="/users/:id"}'),
        (found) => found.length > 0,
      ),
    ]);
    expect(retries).toHaveLength(1);
    expect(Number(durations?.[0]?.value[1])).toBeGreaterThan(0);
  });
});

describe('Kiali', () => {
  test('answers', async (context) => {
    const notice = leftOut('kiali');
    context.skip(notice !== undefined, notice);
    const status = await withDashboard(
      'kiali',
      async (origin) => (await fetch(`${origin}/kiali/healthz`)).status,
    );
    expect(status).toBe(200);
  });

  test('that is left out is named with its image, and its command says what to do', async (context) => {
    const notice = leftOut('kiali');
    context.skip(notice === undefined, 'Kiali is there');
    expect(notice).toContain('quay.io/kiali/kiali:v');
    const { status, stderr } = await runOnCluster(['kiali']);
    expect(status).toBe(1);
    expect(stderr).toContain('kiali is not installed');
    expect(stderr).toContain('--observability');
  });
});
