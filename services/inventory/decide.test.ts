import { describe, expect, test } from 'vitest';
import { createBoundedMap } from '../kit/bounded-map.ts';
import { decideDifference, decideImport, decideReserve } from './decide.ts';
import { evolve, type Stock } from './stock.ts';

const given = (): Stock => ({
  items: new Map([
    ['apple', { quantity: 10, unitPriceCents: 50, version: 1 }],
    ['book', { quantity: 2_147_483_000, unitPriceCents: 1500, version: 1 }],
  ]),
  reservations: createBoundedMap(10),
});
const command = { reservationId: 'o-1:apple', sku: 'apple', quantity: 4 };

function reserve(stock: Stock, over: Partial<typeof command> = {}) {
  const decision = decideReserve(stock, { ...command, ...over });
  if (decision.type === 'reserve') evolve(stock, decision.event);
  return decision;
}

describe('reserving', () => {
  test('takes the pieces and tells price and rest', () => {
    const stock = given();
    expect(reserve(stock).reservation).toEqual({
      sku: 'apple',
      quantity: 4,
      unitPriceCents: 50,
      remaining: 6,
    });
    expect(stock.items.get('apple')).toEqual({ quantity: 6, unitPriceCents: 50, version: 2 });
  });

  test('the same id again takes nothing and gives the first answer', () => {
    const stock = given();
    const first = reserve(stock);
    reserve(stock, { reservationId: 'o-2:apple', quantity: 1 });
    const again = reserve(stock);
    expect(again).toEqual({ type: 'repeat', reservation: first.reservation });
    expect(stock.items.get('apple')?.quantity).toBe(5);
  });

  test('a repeat is answered even when the rest is too small for it now', () => {
    const stock = given();
    reserve(stock, { quantity: 10 });
    expect(reserve(stock, { quantity: 10 }).type).toBe('repeat');
  });

  test.each([{ quantity: 5 }, { sku: 'book' }])('the same id with %j is refused', (over) => {
    const stock = given();
    reserve(stock);
    expect(() => reserve(stock, over)).toThrow(expect.objectContaining({ code: 'already-exists' }));
    expect(stock.items.get('apple')?.quantity).toBe(6);
  });

  test('the last piece can be reserved; one more cannot', () => {
    expect(reserve(given(), { quantity: 10 }).reservation.remaining).toBe(0);
    expect(() => reserve(given(), { quantity: 11 })).toThrow(
      expect.objectContaining({ code: 'failed-precondition' }),
    );
  });

  test.each([
    [{ sku: 'dodo' }, 'not-found'],
    [{ reservationId: '' }, 'invalid-argument'],
    [{ reservationId: 'x'.repeat(257) }, 'invalid-argument'],
    [{ quantity: 0 }, 'invalid-argument'],
    [{ quantity: -1 }, 'invalid-argument'],
    [{ quantity: 1_000_001 }, 'invalid-argument'],
  ])('%j is %s', (over, code) => {
    expect(() => reserve(given(), over)).toThrow(expect.objectContaining({ code }));
  });
});

describe('importing', () => {
  test('adds every delivery', () => {
    const stock = given();
    const deliveries = [
      { sku: 'apple', quantity: 5 },
      { sku: 'book', quantity: 1 },
      { sku: 'apple', quantity: 7 },
    ];
    evolve(stock, decideImport(stock, deliveries));
    expect(stock.items.get('apple')).toMatchObject({ quantity: 22, version: 3 });
    expect(stock.items.get('book')).toMatchObject({ quantity: 2_147_483_001, version: 2 });
  });

  test.each([
    [{ sku: 'dodo', quantity: 1 }, 'not-found'],
    [{ sku: 'apple', quantity: 0 }, 'invalid-argument'],
    [{ sku: 'book', quantity: 648 }, 'failed-precondition'],
  ])('%j after a good one is %s, and nothing is added', (bad, code) => {
    const stock = given();
    expect(() => decideImport(stock, [{ sku: 'apple', quantity: 1 }, bad])).toThrow(
      expect.objectContaining({ code }),
    );
    expect(stock.items.get('apple')?.quantity).toBe(10);
  });

  test('deliveries that together are too many are refused, though each alone is not', () => {
    const half = { sku: 'book', quantity: 400 };
    expect(() => decideImport(given(), [half, half])).toThrow(
      expect.objectContaining({ code: 'failed-precondition' }),
    );
  });
});

describe('reconciling', () => {
  test.each([
    [7, -3],
    [10, 0],
    [12, 2],
  ])('%i counted of 10 known differ by %i', (counted, difference) => {
    expect(decideDifference(given(), { sku: 'apple', counted })).toEqual({
      sku: 'apple',
      counted,
      known: 10,
      difference,
    });
  });

  test('a SKU that is not there, or a count below zero, is refused', () => {
    expect(() => decideDifference(given(), { sku: 'dodo', counted: 1 })).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
    expect(() => decideDifference(given(), { sku: 'apple', counted: -1 })).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  });
});
