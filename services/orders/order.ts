import { type BoundedMap, createBoundedMap } from '../kit/bounded-map.ts';
import type { CallFailure } from '../kit/call-result.ts';
import { unreachable } from '../kit/errors.ts';
import type { OrderItem, OrderView } from './schemas.ts';

interface OrderFacts {
  id: string;
  userId: string;
  items: readonly OrderItem[];
}

/**
 * An order by how far it has come. `rejected`: someone decided against it. `failed`: a call gave no answer, so that it is
 * not known whether the callee acted; nobody tries again by itself.
 */
export type Order = OrderFacts &
  (
    | { status: 'requested' }
    | { status: 'confirmed'; reservedCount: number; totalCents: number }
    | { status: 'placed'; totalCents: number; chargeId: string }
    | {
        status: 'rejected';
        refusal: 'unknown-user' | 'out-of-stock' | 'payment-refused';
        detail: string;
      }
    | { status: 'failed'; failure: CallFailure }
  );

/** What happened to an order. */
export type OrderEvent =
  | { type: 'user-confirmed' }
  | { type: 'item-reserved'; costCents: number }
  | { type: 'charged'; chargeId: string }
  | {
      type: 'rejected';
      refusal: 'unknown-user' | 'out-of-stock' | 'payment-refused';
      detail: string;
    }
  | { type: 'failed'; failure: CallFailure };

/** The order after an event; an event that does not fit its state changes nothing. */
export function evolve(order: Order, event: OrderEvent): Order {
  const { id, userId, items } = order;
  const facts = { id, userId, items };
  switch (event.type) {
    case 'user-confirmed':
      if (order.status !== 'requested') return order;
      return { ...facts, status: 'confirmed', reservedCount: 0, totalCents: 0 };
    case 'item-reserved':
      if (order.status !== 'confirmed') return order;
      return {
        ...order,
        reservedCount: order.reservedCount + 1,
        totalCents: order.totalCents + event.costCents,
      };
    case 'charged':
      if (order.status !== 'confirmed') return order;
      return { ...facts, status: 'placed', totalCents: order.totalCents, chargeId: event.chargeId };
    case 'rejected':
      return { ...facts, status: 'rejected', refusal: event.refusal, detail: event.detail };
    case 'failed':
      return { ...facts, status: 'failed', failure: event.failure };
    default:
      return unreachable(event);
  }
}

/** The order as callers see it. */
export function viewOf(order: Order): OrderView {
  const { id, userId, items } = order;
  const facts = { id, userId, items: [...items] };
  switch (order.status) {
    case 'requested':
    case 'confirmed':
      return { ...facts, status: 'pending' };
    case 'placed':
      return { ...facts, status: 'placed', totalCents: order.totalCents };
    case 'rejected':
      return { ...facts, status: 'rejected', refusal: order.refusal };
    case 'failed':
      return { ...facts, status: 'failed', refusal: 'no-answer' };
    default:
      return unreachable(order);
  }
}

/** The latest orders by id. */
export type Orders = BoundedMap<Order>;

/** No orders yet. */
export function noOrders(): Orders {
  return createBoundedMap(10_000);
}
