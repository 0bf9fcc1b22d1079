import { type BoundedMap, createBoundedMap } from '../kit/bounded-map.ts';

/** What happened to a charge. */
export type PaymentEvent =
  | { type: 'charged'; chargeId: string; orderId: string; userId: string; amountCents: number }
  | { type: 'refunded'; chargeId: string };

/** A charge by its state. */
export type Charge =
  | { status: 'charged'; orderId: string; userId: string; amountCents: number }
  | { status: 'refunded'; orderId: string; userId: string; amountCents: number };

/** The latest charges by id; one that is forgotten cannot be refunded any more. */
export type Charges = BoundedMap<Charge>;

/** No charges yet. */
export function noCharges(): Charges {
  return createBoundedMap(50_000);
}

/** Applies what happened, in place. */
export function evolve(charges: Charges, event: PaymentEvent): void {
  switch (event.type) {
    case 'charged': {
      const { chargeId, orderId, userId, amountCents } = event;
      charges.set(chargeId, { status: 'charged', orderId, userId, amountCents });
      return;
    }
    case 'refunded': {
      const charge = charges.get(event.chargeId);
      if (charge) charges.set(event.chargeId, { ...charge, status: 'refunded' });
    }
  }
}
