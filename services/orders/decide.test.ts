import { describe, expect, test } from 'vitest';
import type { CallFailure, CallResult } from '../kit/call-result.ts';
import type { ErrorCode } from '../kit/errors.ts';
import {
  decideCharge,
  decideReservation,
  decideUser,
  mergeItems,
  refusalOf,
  reservationIdOf,
} from './decide.ts';
import { evolve, type Order, type OrderEvent } from './order.ts';

const items = [
  { sku: 'apple', quantity: 2 },
  { sku: 'book', quantity: 1 },
];
const requested: Order = { id: 'o-1', userId: '123', items, status: 'requested' };
const given = (...events: OrderEvent[]) => events.reduce(evolve, requested);
const failure = (code: ErrorCode): CallFailure => ({ code, callee: 'x', detail: 'why', facts: {} });
const no = (code: ErrorCode): CallResult<never> => ({ ok: false, failure: failure(code) });
const silent: ErrorCode[] = ['unavailable', 'deadline-exceeded', 'callee-failed', 'internal'];

describe('deciding', () => {
  test('a user who is there confirms the order; one who is not rejects it', () => {
    expect(decideUser({ ok: true, value: {} })).toEqual({ type: 'user-confirmed' });
    expect(decideUser(no('not-found'))).toMatchObject({
      type: 'rejected',
      refusal: 'unknown-user',
    });
  });

  test('a reservation costs quantity times price', () => {
    const event = decideReservation(
      { sku: 'apple', quantity: 3 },
      { ok: true, value: { unitPriceCents: 50 } },
    );
    expect(event).toEqual({ type: 'item-reserved', costCents: 150 });
  });

  test.each(['not-found', 'failed-precondition'] as const)(
    '%s of inventory is out of stock',
    (code) => {
      const event = decideReservation({ sku: 'apple', quantity: 3 }, no(code));
      expect(event).toMatchObject({ type: 'rejected', refusal: 'out-of-stock' });
    },
  );

  test('a refused charge rejects the order', () => {
    expect(decideCharge(no('failed-precondition'))).toMatchObject({ refusal: 'payment-refused' });
    expect(decideCharge({ ok: true, value: { chargeId: 'c-1' } })).toEqual({
      type: 'charged',
      chargeId: 'c-1',
    });
  });

  test.each(silent)('%s is no decision of anyone: the order fails', (code) => {
    const item = { sku: 'apple', quantity: 1 };
    for (const event of [
      decideUser(no(code)),
      decideReservation(item, no(code)),
      decideCharge(no(code)),
    ]) {
      expect(event).toEqual({ type: 'failed', failure: failure(code) });
    }
  });

  test('an attempt of the same line has the same reservation id; another line or order has not', () => {
    expect(reservationIdOf('o-1', 'apple')).toBe(reservationIdOf('o-1', 'apple'));
    expect(reservationIdOf('o-1', 'apple')).not.toBe(reservationIdOf('o-1', 'book'));
    expect(reservationIdOf('o-1', 'apple')).not.toBe(reservationIdOf('o-2', 'apple'));
  });

  test('lines of one SKU become one', () => {
    const lines = ['b', 'a', 'b'].map((sku, index) => ({ sku, quantity: index + 1 }));
    expect(mergeItems(lines)).toEqual([
      { sku: 'b', quantity: 4 },
      { sku: 'a', quantity: 2 },
    ]);
  });
});

describe('evolving', () => {
  const confirmed: OrderEvent = { type: 'user-confirmed' };
  const reserved = (costCents: number): OrderEvent => ({ type: 'item-reserved', costCents });
  const charged: OrderEvent = { type: 'charged', chargeId: 'c-1' };

  test('confirmed, reserved and charged, it is placed for the sum of its lines', () => {
    expect(given(confirmed, reserved(100), reserved(1500), charged)).toEqual({
      id: 'o-1',
      userId: '123',
      items,
      status: 'placed',
      totalCents: 1600,
      chargeId: 'c-1',
    });
  });

  test('what does not fit its state changes nothing', () => {
    expect(given(charged)).toEqual(requested);
    expect(given(reserved(100))).toEqual(requested);
    const placed = given(confirmed, charged);
    expect(evolve(placed, charged)).toBe(placed);
    expect(evolve(placed, confirmed)).toBe(placed);
  });
});

describe('what the caller is told', () => {
  const rejected = (refusal: 'unknown-user' | 'out-of-stock' | 'payment-refused') =>
    refusalOf(given({ type: 'rejected', refusal, detail: 'why' }));

  test.each([
    ['unknown-user', 'not-found'],
    ['out-of-stock', 'failed-precondition'],
    ['payment-refused', 'payment-required'],
  ] as const)('%s is %s', (refusal, code) => {
    const facts = { orderId: 'o-1', refusal };
    expect(rejected(refusal)).toMatchObject({ code, message: 'why', facts });
  });

  test('nothing, of an order that is placed', () => {
    const events: OrderEvent[] = [{ type: 'user-confirmed' }, { type: 'charged', chargeId: 'c-1' }];
    expect(refusalOf(given(...events))).toBeUndefined();
  });

  test.each([
    ['unavailable', 'unavailable'],
    ['deadline-exceeded', 'deadline-exceeded'],
    ['invalid-argument', 'callee-failed'],
    ['callee-failed', 'callee-failed'],
  ] as const)('a call that failed with %s is %s: not the fault of the caller', (code, told) => {
    expect(refusalOf(given({ type: 'failed', failure: failure(code) }))?.code).toBe(told);
  });
});
