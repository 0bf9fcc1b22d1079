import { contextOfRequest } from '../kit/call-context.ts';
import { ServiceError } from '../kit/errors.ts';
import type { HttpApp } from '../kit/http-server.ts';
import { refusalOf } from './decide.ts';
import { type Orders, viewOf } from './order.ts';
import { type OrderClients, placeOrder } from './place-order.ts';
import { GetOrderParamsSchema, OrderSchema, PlaceOrderSchema } from './schemas.ts';

/** What the routes work with. */
export interface OrderParts {
  clients: OrderClients;
  orders: Orders;
  newOrderId: () => string;
}

/** `orders.place` and `orders.get`. */
export function addOrderRoutes(app: HttpApp, { clients, orders, newOrderId }: OrderParts): void {
  const place = { body: PlaceOrderSchema, response: { 201: OrderSchema } };
  app.post('/orders', { schema: place }, async (request, reply) => {
    const context = contextOfRequest(request);
    const order = await placeOrder(newOrderId(), request.body, clients, context);
    orders.set(order.id, order);
    const refusal = refusalOf(order);
    if (refusal) throw refusal;
    return reply.code(201).header('location', `/orders/${order.id}`).send(viewOf(order));
  });

  const get = { params: GetOrderParamsSchema, response: { 200: OrderSchema } };
  app.get('/orders/:id', { schema: get }, async (request) => {
    const order = orders.get(request.params.id);
    if (order) return viewOf(order);
    throw new ServiceError('not-found', `there is no order '${request.params.id}'`);
  });
}
