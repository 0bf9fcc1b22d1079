import { expect, test } from 'vitest';
import type { CallContext } from '../kit/call-context.ts';
import type { CallResult } from '../kit/call-result.ts';
import type { ErrorCode } from '../kit/errors.ts';
import { buildOrders } from './app.ts';

const no = (code: ErrorCode): CallResult<never> => ({
  ok: false,
  failure: { code, callee: 'x', detail: 'secret of the callee', facts: {} },
});
const yes = <Value>(value: Value): CallResult<Value> => ({ ok: true, value });

interface Answers {
  user?: CallResult<{ id: string; name: string; email: string }>;
  reserve?: (
    sku: string,
  ) => CallResult<{ reservationId: string; unitPriceCents: number; remaining: number }>;
  charge?: CallResult<{ chargeId: string }>;
}

function build(answers: Answers = {}) {
  const calls: { to: string; what: unknown; context: CallContext }[] = [];
  const note = (to: string, what: unknown, context: CallContext): void => {
    calls.push({ to, what, context });
  };
  let nextId = 1;
  const { app } = buildOrders({
    newOrderId: () => `o-${nextId++}`,
    clients: {
      users: {
        get: async (id, context) => {
          note('users', id, context);
          return answers.user ?? yes({ id, name: 'Ada', email: 'ada@shop.example' });
        },
      },
      inventory: {
        reserve: async (request, context) => {
          note('inventory', request, context);
          const reservationId = request.reservationId ?? '';
          return (
            answers.reserve?.(request.sku ?? '') ??
            yes({ reservationId, unitPriceCents: 100, remaining: 1 })
          );
        },
      },
      payments: {
        charge: async (request, context) => {
          note('payments', request, context);
          return answers.charge ?? yes({ chargeId: 'c-1' });
        },
      },
    },
  });
  const place = (payload: object, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url: '/orders', payload, headers });
  return { app, calls, place };
}

const payload = {
  userId: '123',
  items: [
    { sku: 'apple', quantity: 2 },
    { sku: 'book', quantity: 1 },
  ],
};

test('an order asks users, reserves each line, charges the sum, and is there afterwards', async () => {
  const { app, calls, place } = build();
  const response = await place(payload);
  expect(response.statusCode).toBe(201);
  expect(response.headers.location).toBe('/orders/o-1');
  const order = { id: 'o-1', ...payload, status: 'placed', totalCents: 300 };
  expect(response.json()).toEqual(order);
  expect((await app.inject('/orders/o-1')).json()).toEqual(order);
  expect(calls.map(({ to, what }) => [to, what])).toEqual([
    ['users', '123'],
    ['inventory', { reservationId: 'o-1:apple', sku: 'apple', quantity: 2 }],
    ['inventory', { reservationId: 'o-1:book', sku: 'book', quantity: 1 }],
    ['payments', { orderId: 'o-1', userId: '123', amountCents: 300 }],
  ]);
});

test('every call carries the context of the request', async () => {
  const { calls, place } = build();
  const headers = { 'x-request-id': 'r-1', traceparent: 't', 'x-fail': '503' };
  await place(payload, headers);
  expect(calls).toHaveLength(4);
  for (const call of calls) expect(call.context).toEqual(headers);
});

test.each<[string, Answers, number, string, string[]]>([
  ['an unknown user', { user: no('not-found') }, 404, 'unknown-user', ['users']],
  [
    'a line that is not in stock',
    {
      reserve: (sku) =>
        sku === 'apple'
          ? no('failed-precondition')
          : yes({ reservationId: '', unitPriceCents: 1, remaining: 0 }),
    },
    409,
    'out-of-stock',
    ['users', 'inventory'],
  ],
  [
    'a refused payment',
    { charge: no('failed-precondition') },
    402,
    'payment-refused',
    ['users', 'inventory', 'inventory', 'payments'],
  ],
])(
  '%s rejects the order and calls no one after',
  async (_what, answers, status, refusal, called) => {
    const { app, calls, place } = build(answers);
    const response = await place(payload);
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ orderId: 'o-1', refusal });
    expect(calls.map((call) => call.to)).toEqual(called);
    expect((await app.inject('/orders/o-1')).json()).toMatchObject({ status: 'rejected', refusal });
  },
);

test.each<[ErrorCode, number]>([
  ['unavailable', 503],
  ['deadline-exceeded', 504],
  ['callee-failed', 502],
])(
  'a charge that ends with %s is %i, once, and the order is marked as failed',
  async (code, status) => {
    const { app, calls, place } = build({ charge: no(code) });
    const response = await place(payload);
    expect(response.statusCode).toBe(status);
    expect(response.body).not.toContain('secret');
    expect(calls.filter((call) => call.to === 'payments')).toHaveLength(1);
    expect((await app.inject('/orders/o-1')).json()).toMatchObject({ status: 'failed' });
  },
);

test.each([
  { userId: '123', items: [] },
  { userId: '', items: payload.items },
  { userId: '123', items: [{ sku: 'apple', quantity: 0 }] },
  { userId: '123', items: [{ sku: 'apple', quantity: 1001 }] },
  { userId: '123', items: Array.from({ length: 21 }, () => ({ sku: 'apple', quantity: 1 })) },
  { userId: '123', items: payload.items, discount: 1 },
])('refuses %j before it calls anyone', async (broken) => {
  const { calls, place } = build();
  expect((await place(broken)).statusCode).toBe(400);
  expect(calls).toEqual([]);
});

test('an order that is not there is 404', async () => {
  expect((await build().app.inject('/orders/none')).statusCode).toBe(404);
});
