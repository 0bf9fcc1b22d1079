import { expect, test } from 'vitest';
import { evolve, noCharges } from './charge.ts';
import { decideCharge, decideRefund, maxAmountCents } from './decide.ts';

const command = { orderId: 'o-1', userId: '123', amountCents: 1500 };

function given(...charges: string[]) {
  const state = noCharges();
  for (const id of charges) evolve(state, decideCharge(command, id));
  return state;
}

test('a charge takes the amount', () => {
  expect(decideCharge(command, 'c-1')).toEqual({ type: 'charged', chargeId: 'c-1', ...command });
});

test('the largest amount is taken; a cent more is refused', () => {
  expect(decideCharge({ ...command, amountCents: maxAmountCents }, 'c-1').type).toBe('charged');
  expect(() => decideCharge({ ...command, amountCents: maxAmountCents + 1 }, 'c-1')).toThrow(
    expect.objectContaining({ code: 'failed-precondition' }),
  );
});

test.each([
  { ...command, amountCents: 0 },
  { ...command, amountCents: -1 },
  { ...command, amountCents: 2 ** 53 },
  { ...command, orderId: '' },
  { ...command, userId: 'x'.repeat(129) },
])('%j is a broken request', (broken) => {
  expect(() => decideCharge(broken, 'c-1')).toThrow(
    expect.objectContaining({ code: 'invalid-argument' }),
  );
});

test('a charge is given back once', () => {
  const charges = given('c-1', 'c-2');
  const refund = decideRefund(charges, 'c-1');
  expect(refund).toEqual({ type: 'refunded', chargeId: 'c-1' });
  evolve(charges, refund);
  expect(charges.get('c-1')?.status).toBe('refunded');
  expect(charges.get('c-2')?.status).toBe('charged');
  expect(() => decideRefund(charges, 'c-1')).toThrow(
    expect.objectContaining({ code: 'failed-precondition' }),
  );
});

test('a charge that is not there cannot be given back', () => {
  expect(() => decideRefund(given('c-1'), 'c-9')).toThrow(
    expect.objectContaining({ code: 'not-found' }),
  );
});
