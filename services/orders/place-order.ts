import type { CallContext } from '../kit/call-context.ts';
import type { InventoryClient } from '../inventory/client.ts';
import type { PaymentsClient } from '../payments/client.ts';
import type { UsersClient } from '../users/client.ts';
import {
  decideCharge,
  decideReservation,
  decideUser,
  mergeItems,
  reservationIdOf,
} from './decide.ts';
import { evolve, type Order } from './order.ts';
import type { PlaceOrder } from './schemas.ts';

/** The services that placing an order calls. */
export interface OrderClients {
  users: Pick<UsersClient, 'get'>;
  inventory: Pick<InventoryClient, 'reserve'>;
  payments: Pick<PaymentsClient, 'charge'>;
}

/**
 * Asks users, then inventory line by line, then payments, and stops at the first that says no.
 * What was reserved for an order that is not placed stays reserved: inventory has no operation to give it back.
 */
export async function placeOrder(
  id: string,
  request: PlaceOrder,
  clients: OrderClients,
  context: CallContext,
): Promise<Order> {
  const { userId } = request;
  let order: Order = { id, userId, items: mergeItems(request.items), status: 'requested' };
  order = evolve(order, decideUser(await clients.users.get(userId, context)));
  for (const item of order.items) {
    if (order.status !== 'confirmed') return order;
    const reservationId = reservationIdOf(id, item.sku);
    const reply = await clients.inventory.reserve({ reservationId, ...item }, context);
    order = evolve(order, decideReservation(item, reply));
  }
  if (order.status !== 'confirmed') return order;
  const charge = { orderId: id, userId, amountCents: order.totalCents };
  return evolve(order, decideCharge(await clients.payments.charge(charge, context)));
}
