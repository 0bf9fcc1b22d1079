import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectDir } from '../../test/support/run-cli.ts';
import { type StartedService, startService } from '../../test/support/start-service.ts';
import { StockLevelSchema } from './schemas.ts';

// The whole shop as processes, without a mesh: what a developer does by hand with a line of environment each.
const children: ChildProcess[] = [];
const common = { HOST: '127.0.0.1', PORT: '0', DRAIN_MS: '300', FAULTS: 'enabled' };
let shop = '';
let users = '';
let storefront: ChildProcess;
let storefrontLines: string[];

const start = (name: string, env: Record<string, string> = {}): Promise<StartedService> =>
  startService(name, { env: { ...common, ...env }, onStart: (child) => children.push(child) });

beforeAll(async () => {
  const [usersService, inventory, payments] = await Promise.all([
    start('users'),
    start('inventory'),
    start('payments'),
  ]);
  const addresses = { USERS_ADDR: usersService.address, INVENTORY_ADDR: inventory.address };
  const orders = await start('orders', { ...addresses, PAYMENTS_ADDR: payments.address });
  const front = await start('storefront', { ...addresses, ORDERS_ADDR: orders.address });
  shop = `http://${front.address}`;
  users = `http://${usersService.address}`;
  storefront = front.child;
  storefrontLines = front.lines;
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

const place = (body: object) =>
  fetch(`${shop}/orders`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
const lines = (url: string, body: string) =>
  fetch(`${shop}${url}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-ndjson' },
  });

describe('the shop', () => {
  test('shows a user, places an order, and shows it', async () => {
    expect(await (await fetch(`${shop}/users/123`)).json()).toMatchObject({ id: '123' });
    const placed = await place({ userId: '123', items: [{ sku: 'book', quantity: 2 }] });
    expect(placed.status).toBe(201);
    const order = (await placed.json()) as { id: string };
    expect(order).toMatchObject({ status: 'placed', totalCents: 3000 });
    expect(await (await fetch(`${shop}/orders/${order.id}`)).json()).toEqual(order);
  });

  test.each([
    [{ userId: '999', items: [{ sku: 'book', quantity: 1 }] }, 404, 'unknown-user'],
    [{ userId: '123', items: [{ sku: 'unicorn', quantity: 2 }] }, 409, 'out-of-stock'],
    [{ userId: '123', items: [{ sku: 'dodo', quantity: 1 }] }, 409, 'out-of-stock'],
    [{ userId: '123', items: [{ sku: 'camera', quantity: 2 }] }, 402, 'payment-refused'],
  ])('refuses %j with %i', async (body, status, refusal) => {
    const response = await place(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ refusal, orderId: expect.any(String) });
  });

  test('imports, reconciles, and shows the change to whoever watches', async () => {
    const gone = new AbortController();
    const watching = await fetch(`${shop}/stock/apple/events`, { signal: gone.signal });
    const reader = (watching.body as ReadableStream<Uint8Array>).getReader();
    const next = async () => {
      const line = JSON.parse(new TextDecoder().decode((await reader.read()).value));
      return Value.Parse(StockLevelSchema, line);
    };
    const { quantity } = await next();
    const imported = await lines('/stock/imports', '{"sku":"apple","quantity":7}\n');
    expect(await imported.json()).toEqual({ deliveries: 1, totalQuantity: 7 });
    expect(await next()).toMatchObject({ sku: 'apple', quantity: quantity + 7 });
    gone.abort();
    const counted = `{"sku":"apple","counted":${quantity}}\n`;
    const reconciled = await (await lines('/stock/reconciliations', counted)).text();
    expect(JSON.parse(reconciled)).toMatchObject({ known: quantity + 7, difference: -7 });
  });

  test('the fault hook of users fails the attempts it is told to', async () => {
    const headers = { 'x-request-id': 'r-1', 'x-fail': '503,503,200' };
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      statuses.push((await fetch(`${users}/users/123`, { headers })).status);
    }
    expect(statuses).toEqual([503, 503, 200, 200]);
    expect((await fetch(`${users}/readyz`, { headers })).status).toBe(200);
  });
});

describe('a process', () => {
  test('that gets SIGTERM turns unready, serves on for DRAIN_MS, ends its streams and exits with 0', async () => {
    const watching = await fetch(`${shop}/stock/chair/events`);
    const ended = watching.text();
    storefront.kill('SIGTERM');
    await untilStatus(`${shop}/readyz`, 503);
    expect((await fetch(`${shop}/users/123`)).status).toBe(200);
    const [code] = (await once(storefront, 'exit')) as [number];
    expect(code).toBe(0);
    // Not cut off after GRACE_MS: a connection that has become idle does not hold it up.
    expect(storefrontLines.at(-1)).toContain('"outcome":"finished"');
    expect((await ended).trim().split('\n')).toHaveLength(1);
    await expect(fetch(`${shop}/users/123`)).rejects.toThrow('fetch failed');
  });

  test.each<[string, Record<string, string>, string]>([
    ['orders', { PORT: '' }, 'PORT is missing; USERS_ADDR is missing'],
    ['users', { FAULT_PROBABILTY: '1' }, 'FAULT_PROBABILTY is unknown'],
    ['users', { HOST: '203.0.113.1' }, 'users: cannot listen on 203.0.113.1:0'],
    ['payments', { HOST: '203.0.113.1' }, 'payments: cannot listen on 203.0.113.1:0'],
  ])('%s with %j exits with 1 and says why', async (name, env, message) => {
    const child = spawn(process.execPath, [`services/${name}/main.ts`], {
      cwd: projectDir,
      env: { ...common, ...env },
    });
    children.push(child);
    let error = '';
    child.stderr.on('data', (chunk) => (error += chunk));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(1);
    // grpc-js writes a line of its own before.
    expect(error.trim().split('\n').at(-1)).toContain(message);
    expect(error).not.toContain('    at ');
  });
});

async function untilStatus(url: string, status: number): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    if ((await fetch(url)).status === status) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`${url} never answered ${status}`);
}
