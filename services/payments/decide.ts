import { ServiceError } from '../kit/errors.ts';
import type { Charges, PaymentEvent } from './charge.ts';

/** The largest amount that one charge may take; above it the payment is refused. */
export const maxAmountCents = 500_000;

const maxIdLength = 128;

/** A request to take money. */
export interface ChargeCommand {
  orderId: string;
  userId: string;
  amountCents: number;
}

/** Decides on a charge. Throws `invalid-argument` for a broken request, `failed-precondition` for a refusal. */
export function decideCharge(command: ChargeCommand, chargeId: string): PaymentEvent {
  const { orderId, userId, amountCents } = command;
  requireId('order_id', orderId);
  requireId('user_id', userId);
  if (!Number.isSafeInteger(amountCents) || amountCents <= 0) {
    throw new ServiceError(
      'invalid-argument',
      `amount_cents is ${amountCents}; it must be above 0`,
    );
  }
  if (amountCents > maxAmountCents) {
    throw new ServiceError(
      'failed-precondition',
      `payment refused: ${amountCents} cents is more than the ${maxAmountCents} that one charge may take`,
    );
  }
  return { type: 'charged', chargeId, orderId, userId, amountCents };
}

/** Decides on a refund. Throws `not-found` for an unknown charge, `failed-precondition` for one already given back. */
export function decideRefund(charges: Charges, chargeId: string): PaymentEvent {
  requireId('charge_id', chargeId);
  const charge = charges.get(chargeId);
  if (!charge) throw new ServiceError('not-found', `there is no charge '${chargeId}'`);
  if (charge.status === 'refunded') {
    throw new ServiceError('failed-precondition', `charge '${chargeId}' is already given back`);
  }
  return { type: 'refunded', chargeId };
}

function requireId(name: string, id: string): void {
  if (id.length > 0 && id.length <= maxIdLength) return;
  throw new ServiceError('invalid-argument', `${name} must have 1 to ${maxIdLength} characters`);
}
