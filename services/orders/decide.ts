import { type CallFailure, type CallResult, calleeError } from '../kit/call-result.ts';
import { type ErrorFacts, ServiceError, unreachable } from '../kit/errors.ts';
import type { Order, OrderEvent } from './order.ts';
import type { OrderItem } from './schemas.ts';

/** What the answer of users.get means for an order. */
export function decideUser(reply: CallResult<unknown>): OrderEvent {
  if (reply.ok) return { type: 'user-confirmed' };
  if (reply.failure.code !== 'not-found') return { type: 'failed', failure: reply.failure };
  return { type: 'rejected', refusal: 'unknown-user', detail: reply.failure.detail };
}

/** The id under which a line is reserved: the same for every attempt, so that a repeated call reserves once. */
export function reservationIdOf(orderId: string, sku: string): string {
  return `${orderId}:${sku}`;
}

/** What the answer of inventory.Reserve means for an order. */
export function decideReservation(
  item: OrderItem,
  reply: CallResult<{ unitPriceCents: number }>,
): OrderEvent {
  if (reply.ok) {
    return { type: 'item-reserved', costCents: item.quantity * reply.value.unitPriceCents };
  }
  const { code, detail } = reply.failure;
  if (code !== 'not-found' && code !== 'failed-precondition') {
    return { type: 'failed', failure: reply.failure };
  }
  return { type: 'rejected', refusal: 'out-of-stock', detail };
}

/** What the answer of payments.Charge means for an order. */
export function decideCharge(reply: CallResult<{ chargeId: string }>): OrderEvent {
  if (reply.ok) return { type: 'charged', chargeId: reply.value.chargeId };
  const { code, detail } = reply.failure;
  if (code !== 'failed-precondition') return { type: 'failed', failure: reply.failure };
  return { type: 'rejected', refusal: 'payment-refused', detail };
}

/** Lines of the same SKU as one, in the order of their first: a SKU has one reservation an order. */
export function mergeItems(items: readonly OrderItem[]): OrderItem[] {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of items) {
    quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  }
  return [...quantities].map(([sku, quantity]) => ({ sku, quantity }));
}

/** What the caller is told of an order that was not placed; undefined for one that was. */
export function refusalOf(order: Order): ServiceError | undefined {
  if (order.status === 'failed') return failureOf(order.id, order.failure);
  if (order.status !== 'rejected') return undefined;
  const facts: ErrorFacts = { orderId: order.id, refusal: order.refusal };
  switch (order.refusal) {
    case 'unknown-user':
      return new ServiceError('not-found', order.detail, facts);
    case 'out-of-stock':
      return new ServiceError('failed-precondition', order.detail, facts);
    case 'payment-refused':
      return new ServiceError('payment-required', order.detail, facts);
    default:
      return unreachable(order.refusal);
  }
}

// A failed call that says the request was wrong is this service's mistake, not its caller's.
function failureOf(orderId: string, failure: CallFailure): ServiceError {
  const silent = failure.code === 'unavailable' || failure.code === 'deadline-exceeded';
  const code = silent ? failure.code : 'callee-failed';
  return calleeError({ ...failure, code, facts: { orderId, refusal: 'no-answer' } });
}
