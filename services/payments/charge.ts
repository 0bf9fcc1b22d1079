/** What happened to a charge. */
export type PaymentEvent =
  | { type: 'charged'; chargeId: string; orderId: string; userId: string; amountCents: number }
  | { type: 'refunded'; chargeId: string };

/** A charge by its state. */
export type Charge =
  | { status: 'charged'; orderId: string; userId: string; amountCents: number }
  | { status: 'refunded'; orderId: string; userId: string; amountCents: number };

/** All charges by id, oldest first. */
export type Charges = Map<string, Charge>;

/** Charges that are kept; the oldest is forgotten, and cannot be refunded any more. */
export const maxCharges = 100_000;

/** Applies what happened, in place. */
export function evolve(charges: Charges, event: PaymentEvent): void {
  switch (event.type) {
    case 'charged': {
      const { chargeId, orderId, userId, amountCents } = event;
      charges.set(chargeId, { status: 'charged', orderId, userId, amountCents });
      if (charges.size > maxCharges) charges.delete(charges.keys().next().value as string);
      return;
    }
    case 'refunded': {
      const charge = charges.get(event.chargeId);
      if (charge) charges.set(event.chargeId, { ...charge, status: 'refunded' });
    }
  }
}
