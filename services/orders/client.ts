import type { CallContext } from '../kit/call-context.ts';
import type { CallResult } from '../kit/call-result.ts';
import { createHttpClient } from '../kit/http-client.ts';
import { OrderSchema, type OrderView, type PlaceOrder } from './schemas.ts';

/** The orders service, as its callers see it. */
export interface OrdersClient {
  place(order: PlaceOrder, context: CallContext): Promise<CallResult<OrderView>>;
  get(id: string, context: CallContext): Promise<CallResult<OrderView>>;
  close(): Promise<void>;
}

/** Calls the orders service at `address`, `host:port`. */
export function createOrdersClient(address: string): OrdersClient {
  const http = createHttpClient('orders', address);
  return {
    place: (order, context) =>
      http.call(OrderSchema, { method: 'POST', path: '/orders', body: order, context }),
    get: (id, context) =>
      http.call(OrderSchema, { method: 'GET', path: `/orders/${encodeURIComponent(id)}`, context }),
    close: http.close,
  };
}
