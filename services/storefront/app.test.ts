import { describe, expect, test } from 'vitest';
import type { CallContext } from '../kit/call-context.ts';
import type { CallResult } from '../kit/call-result.ts';
import { type ErrorCode, ServiceError } from '../kit/errors.ts';
import { buildStorefront } from './app.ts';
import type { StorefrontClients } from './routes.ts';

const order = {
  id: 'o-1',
  userId: '123',
  items: [{ sku: 'apple', quantity: 2 }],
  status: 'placed' as const,
};
const user = { id: '123', name: 'Ada', email: 'ada@shop.example' };
const no = (code: ErrorCode, facts = {}): CallResult<never> => ({
  ok: false,
  failure: { code, callee: 'x', detail: 'said the callee', facts },
});
const ndjson = { 'content-type': 'application/x-ndjson' };

function build(
  over: { [Name in keyof StorefrontClients]?: Partial<StorefrontClients[Name]> } = {},
) {
  const contexts: CallContext[] = [];
  const seen = <Value>(context: CallContext, value: Value): Value => {
    contexts.push(context);
    return value;
  };
  const { app } = buildStorefront({
    clients: {
      users: {
        get: async (_id, context) => seen(context, { ok: true, value: user }),
        ...over.users,
      },
      orders: {
        place: async (_order, context) => seen(context, { ok: true, value: order }),
        get: async (_id, context) => seen(context, { ok: true, value: order }),
        ...over.orders,
      },
      inventory: {
        async *watchStock(sku, context) {
          yield seen(context, { sku, quantity: 3, version: 1 });
          yield { sku, quantity: 2, version: 2 };
        },
        async importStock(deliveries, context) {
          let count = 0;
          let totalQuantity = 0;
          for await (const { quantity } of deliveries) {
            count++;
            totalQuantity += quantity ?? 0;
          }
          return seen(context, { ok: true, value: { deliveries: count, totalQuantity } });
        },
        async *reconcile(counts, context) {
          seen(context, undefined);
          for await (const { sku = '', counted = 0 } of counts) {
            yield { sku, counted, known: 10, difference: counted - 10 };
          }
        },
        ...over.inventory,
      },
    },
  });
  return { app, contexts };
}

describe('shop', () => {
  test('users and orders come from their services', async () => {
    const { app } = build();
    expect((await app.inject('/users/123')).json()).toEqual(user);
    expect((await app.inject('/orders/o-1')).json()).toEqual(order);
    const payload = { userId: '123', items: order.items };
    const placed = await app.inject({ method: 'POST', url: '/orders', payload });
    expect(placed.statusCode).toBe(201);
    expect(placed.headers.location).toBe('/orders/o-1');
    expect(placed.json()).toEqual(order);
  });

  test.each<[ErrorCode, number]>([
    ['not-found', 404],
    ['failed-precondition', 409],
    ['payment-required', 402],
    ['unavailable', 503],
    ['deadline-exceeded', 504],
    ['callee-failed', 502],
  ])('%s of a callee is %i for the customer', async (code, status) => {
    const { app } = build({ orders: { place: async () => no(code, { orderId: 'o-1' }) } });
    const payload = { userId: '123', items: order.items };
    const response = await app.inject({ method: 'POST', url: '/orders', payload });
    expect(response.statusCode).toBe(status);
    expect(response.json().orderId).toBe(status < 500 ? 'o-1' : undefined);
    expect(response.body.includes('said the callee')).toBe(status < 500);
  });
});

describe('stock', () => {
  test('events are a line each', async () => {
    const response = await build().app.inject('/stock/apple/events');
    expect(response.headers['content-type']).toBe('application/x-ndjson');
    expect(response.body).toBe(
      '{"sku":"apple","quantity":3,"version":1}\n{"sku":"apple","quantity":2,"version":2}\n',
    );
  });

  test('a failure before the first event is a status; one after it is a last line', async () => {
    const failing = (after: number) =>
      build({
        inventory: {
          async *watchStock(sku) {
            for (let version = 1; version <= after; version++) yield { sku, quantity: 1, version };
            throw new ServiceError('not-found', `there is no SKU '${sku}'`);
          },
        },
      }).app.inject('/stock/dodo/events');
    expect((await failing(0)).statusCode).toBe(404);
    const late = await failing(1);
    expect(late.statusCode).toBe(200);
    expect(JSON.parse(late.body.trim().split('\n')[1] as string)).toMatchObject({
      problem: { status: 404, code: 'not-found' },
    });
  });

  test('an import sends its lines and answers with the sums', async () => {
    const payload = '{"sku":"apple","quantity":2}\n{"sku":"book","quantity":5}\n';
    const request = { method: 'POST', url: '/stock/imports', payload, headers: ndjson } as const;
    const response = await build().app.inject(request);
    expect(response.json()).toEqual({ deliveries: 2, totalQuantity: 7 });
  });

  test.each([
    ['{"sku":"apple","quantity":0}', ndjson],
    ['{"sku":"apple"}', ndjson],
    ['nope', ndjson],
    ['{}', { 'content-type': 'application/json' }],
  ])('an import of %s is a bad request', async (payload, headers) => {
    const request = { method: 'POST', url: '/stock/imports', payload, headers } as const;
    expect((await build().app.inject(request)).statusCode).toBe(400);
  });

  test('a reconciliation answers line by line', async () => {
    const response = await build().app.inject({
      method: 'POST',
      url: '/stock/reconciliations',
      payload: '{"sku":"apple","counted":7}\n{"sku":"book","counted":12}',
      headers: ndjson,
    });
    expect(
      response.body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { sku: 'apple', counted: 7, known: 10, difference: -3 },
      { sku: 'book', counted: 12, known: 10, difference: 2 },
    ]);
  });
});

test('every call carries the request id and the tracing headers', async () => {
  const { app, contexts } = build();
  const headers = { 'x-request-id': 'r-1', traceparent: 't-1' };
  const payload = { userId: '123', items: order.items };
  const line = {
    payload: '{"sku":"apple","counted":7,"quantity":1}',
    headers: { ...headers, ...ndjson },
  };
  await app.inject({ url: '/users/123', headers });
  await app.inject({ url: '/orders/o-1', headers });
  await app.inject({ method: 'POST', url: '/orders', payload, headers });
  await app.inject({ url: '/stock/apple/events', headers });
  await app.inject({ method: 'POST', url: '/stock/imports', ...line, payload: '' });
  await app.inject({ method: 'POST', url: '/stock/reconciliations', ...line, payload: '' });
  expect(contexts).toEqual(Array.from({ length: 6 }, () => headers));
});
