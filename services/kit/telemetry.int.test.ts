import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../test/support/free-port.ts';
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from '../../test/support/otlp-receiver.ts';
import { type StartedService, startService } from '../../test/support/start-service.ts';

// The whole shop as processes with telemetry on, and a collector of the test's own.
const children: ChildProcess[] = [];
const common = { HOST: '127.0.0.1', PORT: '0', DRAIN_MS: '0', FAULTS: 'enabled' };
let receiver: OtlpReceiver;
let shop = '';

const start = (name: string, env: Record<string, string> = {}): Promise<StartedService> =>
  startService(name, { env: { ...common, ...env }, onStart: (child) => children.push(child) });

const exporting = (): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_BSP_SCHEDULE_DELAY: '100',
  OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=shop',
});

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const [users, inventory, payments] = await Promise.all(
    ['users', 'inventory', 'payments'].map((name) => start(name, exporting())),
  );
  const addresses = {
    USERS_ADDR: users?.address ?? '',
    INVENTORY_ADDR: inventory?.address ?? '',
  };
  const orders = await start('orders', {
    ...addresses,
    PAYMENTS_ADDR: payments?.address ?? '',
    ...exporting(),
  });
  const storefront = await start('storefront', {
    ...addresses,
    ORDERS_ADDR: orders.address,
    ...exporting(),
  });
  shop = `http://${storefront.address}`;
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  receiver.close();
});

const traceId = (nibble: string) => nibble.repeat(32);
const headersOf = (nibble: string) => ({
  'x-request-id': `r-${nibble}`,
  traceparent: `00-${traceId(nibble)}-${'c'.repeat(16)}-01`,
});

/** Each span as `parent's service > service kind name`, sorted: the shape of a trace without its ids. */
function shapeOf(spans: ReceivedSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return spans
    .map(({ parentSpanId, service, kind, name }) => {
      const parent = byId.get(parentSpanId);
      const from = parent ? `${parent.service} ${kindOf(parent.kind)}` : parentSpanId;
      return `${from} > ${service} ${kindOf(kind)} ${name}`;
    })
    .sort();
}

const kindOf = (kind: number) => (kind === 2 ? 'server' : 'client');

describe('a trace', () => {
  test('of one order crosses every service, each span the child of the one that caused it', async () => {
    const placed = await fetch(`${shop}/orders`, {
      method: 'POST',
      body: JSON.stringify({ userId: '123', items: [{ sku: 'book', quantity: 1 }] }),
      headers: { 'content-type': 'application/json', ...headersOf('a') },
    });
    expect(placed.status).toBe(201);
    const spans = await receiver.trace(traceId('a'), 9);
    expect(shapeOf(spans)).toEqual([
      'cccccccccccccccc > storefront server POST /orders',
      'orders client > inventory server shop.inventory.v1.Inventory/Reserve',
      'orders client > payments server shop.payments.v1.Payments/Charge',
      'orders client > users server GET /users/:id',
      'orders server > orders client GET',
      'orders server > orders client shop.inventory.v1.Inventory/Reserve',
      'orders server > orders client shop.payments.v1.Payments/Charge',
      'storefront client > orders server POST /orders',
      'storefront server > storefront client POST',
    ]);
    const inUsers = spans.find(({ service }) => service === 'users');
    expect(inUsers?.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.route': '/users/:id',
      'url.path': '/users/123',
      'http.response.status_code': 200,
    });
    expect(inUsers?.resource).toMatchObject({
      'service.name': 'users',
      'service.namespace': 'shop',
      'service.version': '0.1.0',
    });
    const charge = spans.find(({ service, kind }) => service === 'payments' && kind === 2);
    expect(charge?.attributes).toMatchObject({
      'rpc.system.name': 'grpc',
      'rpc.method': 'shop.payments.v1.Payments/Charge',
      'rpc.status_code': 'OK',
    });
  });

  test('shows a failure at the edges that see it', async () => {
    const headers = { ...headersOf('b'), 'x-fail': '503' };
    expect((await fetch(`${shop}/users/123`, { headers })).status).toBe(503);
    const spans = await receiver.trace(traceId('b'), 1);
    expect(spans).toMatchObject([
      { service: 'storefront', failed: true, attributes: { 'error.type': '503' } },
    ]);
  });

  test.each([
    ['client stream', 'd', '/stock/imports', '{"sku":"apple","quantity":7}\n', 'ImportStock'],
    ['bidi stream', 'e', '/stock/reconciliations', '{"sku":"apple","counted":7}\n', 'Reconcile'],
  ])('crosses a %s', async (_kind, nibble, url, body, method) => {
    const response = await fetch(`${shop}${url}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-ndjson', ...headersOf(nibble) },
    });
    await response.text();
    expect(shapeOf(await receiver.trace(traceId(nibble), 3))).toEqual([
      `cccccccccccccccc > storefront server POST ${url}`,
      `storefront client > inventory server shop.inventory.v1.Inventory/${method}`,
      `storefront server > storefront client shop.inventory.v1.Inventory/${method}`,
    ]);
  });

  test('crosses a server stream that the caller leaves', async () => {
    const gone = new AbortController();
    const watching = await fetch(`${shop}/stock/apple/events`, {
      signal: gone.signal,
      headers: headersOf('f'),
    });
    await (watching.body as ReadableStream<Uint8Array>).getReader().read();
    gone.abort();
    const spans = await receiver.trace(traceId('f'), 3);
    expect(shapeOf(spans)).toEqual([
      'cccccccccccccccc > storefront server GET /stock/:sku/events',
      'storefront client > inventory server shop.inventory.v1.Inventory/WatchStock',
      'storefront server > storefront client shop.inventory.v1.Inventory/WatchStock',
    ]);
  });

  test('has no probes in it', async () => {
    await fetch(`${shop}/readyz`, { headers: headersOf('9') });
    await fetch(`${shop}/users/123`, { headers: headersOf('8') });
    expect(await receiver.trace(traceId('8'), 3)).toHaveLength(3);
    expect(receiver.spans.filter((span) => span.traceId === traceId('9'))).toEqual([]);
  });

  test('is sent to the end when the process is told to go', async () => {
    const users = await start('users', { ...exporting(), OTEL_BSP_SCHEDULE_DELAY: '60000' });
    await fetch(`http://${users.address}/users/123`, { headers: headersOf('7') });
    expect(receiver.spans.filter((span) => span.traceId === traceId('7'))).toEqual([]);
    users.child.kill('SIGTERM');
    const [code] = (await once(users.child, 'exit')) as [number];
    expect(code).toBe(0);
    expect(await receiver.trace(traceId('7'), 1)).toHaveLength(1);
  });
});

describe('metrics', () => {
  test('are histograms by the semantic conventions, for Prometheus to take', async () => {
    const port = await freePort();
    const users = await start('users', {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    });
    for (const id of ['123', '123', 'nobody']) await fetch(`http://${users.address}/users/${id}`);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const counted = (status: number) =>
      text
        .split('\n')
        .find(
          (line) =>
            line.startsWith('http_server_request_duration_count') &&
            line.includes('http_route="/users/:id"') &&
            line.includes(`http_response_status_code="${status}"`),
        );
    expect(counted(200)).toMatch(/ 2$/);
    expect(counted(404)).toMatch(/ 1$/);
    expect(text).toContain('service_name="users"');
  });
});

describe('a collector that is not there', () => {
  test('costs no request, and the service ends in time', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const users = await start('users', { ...exporting(), OTEL_EXPORTER_OTLP_ENDPOINT: nobody });
    for (let count = 0; count < 50; count++) {
      expect((await fetch(`http://${users.address}/users/123`)).status).toBe(200);
    }
    const startedMs = performance.now();
    users.child.kill('SIGTERM');
    const [code] = (await once(users.child, 'exit')) as [number];
    expect(code).toBe(0);
    // The flush may take half a second; the exporter alone would try for ten.
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});

describe('without a variable that asks for it', () => {
  test('no span is made, and the headers of a trace go on as they came', async () => {
    let forwarded: string | undefined;
    const users = createServer((request, response) => {
      forwarded = request.headers.traceparent as string | undefined;
      response.writeHead(404).end();
    });
    users.listen(0, '127.0.0.1');
    await once(users, 'listening');
    const address = `127.0.0.1:${(users.address() as AddressInfo).port}`;
    const front = await start('storefront', {
      USERS_ADDR: address,
      INVENTORY_ADDR: address,
      ORDERS_ADDR: address,
    });
    const headers = headersOf('6');
    await fetch(`http://${front.address}/users/123`, { headers });
    users.close();
    users.closeAllConnections();
    expect(forwarded).toBe(headers.traceparent);
    expect(receiver.spans.filter((span) => span.traceId === traceId('6'))).toEqual([]);
  });
});
