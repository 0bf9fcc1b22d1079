import { ServiceError } from '../kit/errors.ts';
import type { Reservation, Stock, StockChange, StockEvent, StockItem } from './stock.ts';

/** The largest quantity that one message may name. */
const maxQuantity = 1_000_000;

// Levels are int32 on the wire.
const maxLevel = 2_147_483_647;
const maxIdLength = 256;

/** A request to set pieces aside. */
export interface ReserveCommand extends StockChange {
  reservationId: string;
}

/** What a reservation comes to: it happens now, or it happened before and the answer is the same. */
export type ReserveDecision =
  | { type: 'reserve'; event: StockEvent; reservation: Reservation }
  | { type: 'repeat'; reservation: Reservation };

/**
 * Decides on a reservation; a repeated id with the same values changes nothing, so that a retry is safe.
 * Throws `invalid-argument`, `not-found`, `failed-precondition` (too few pieces), `already-exists` (id with other values).
 */
export function decideReserve(stock: Stock, command: ReserveCommand): ReserveDecision {
  const { reservationId, sku, quantity } = command;
  if (reservationId.length === 0 || reservationId.length > maxIdLength) {
    throw new ServiceError(
      'invalid-argument',
      `reservation_id must have 1 to ${maxIdLength} characters`,
    );
  }
  requireQuantity('quantity', quantity, 1);
  const earlier = stock.reservations.get(reservationId);
  if (earlier) {
    if (earlier.sku === sku && earlier.quantity === quantity) {
      return { type: 'repeat', reservation: earlier };
    }
    throw new ServiceError(
      'already-exists',
      `reservation '${reservationId}' holds ${earlier.quantity} of '${earlier.sku}', not ${quantity} of '${sku}'`,
    );
  }
  const item = requireItem(stock, sku);
  if (item.quantity < quantity) {
    throw new ServiceError(
      'failed-precondition',
      `'${sku}' has ${item.quantity} left, ${quantity} were asked for`,
    );
  }
  const remaining = item.quantity - quantity;
  const reservation = { sku, quantity, unitPriceCents: item.unitPriceCents, remaining };
  return { type: 'reserve', reservation, event: { type: 'reserved', reservationId, reservation } };
}

/** Decides on deliveries, all or none. Throws `invalid-argument` or `not-found` for the first that is wrong. */
export function decideImport(stock: Stock, deliveries: readonly StockChange[]): StockEvent {
  const added = new Map<string, number>();
  for (const { sku, quantity } of deliveries) {
    requireQuantity('quantity', quantity, 1);
    const item = requireItem(stock, sku);
    const total = (added.get(sku) ?? 0) + quantity;
    added.set(sku, total);
    if (item.quantity + total > maxLevel) {
      throw new ServiceError(
        'failed-precondition',
        `'${sku}' cannot hold more than ${maxLevel} pieces`,
      );
    }
  }
  return { type: 'imported', deliveries };
}

/** Compares a count with what is known. Throws `invalid-argument` or `not-found`. */
export function decideDifference(
  stock: Stock,
  { sku, counted }: { sku: string; counted: number },
): { sku: string; counted: number; known: number; difference: number } {
  requireQuantity('counted', counted, 0, maxLevel);
  const known = requireItem(stock, sku).quantity;
  return { sku, counted, known, difference: counted - known };
}

/** The item of a SKU. Throws `not-found`. */
export function requireItem(stock: Stock, sku: string): StockItem {
  const item = stock.items.get(sku);
  if (item) return item;
  throw new ServiceError('not-found', `there is no SKU '${sku.slice(0, maxIdLength)}'`);
}

function requireQuantity(name: string, value: number, least: number, most = maxQuantity): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ServiceError('invalid-argument', `${name} is ${value}; it must be ${least} to ${most}`);
}
