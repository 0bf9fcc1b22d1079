import { createHttpServer, type HttpServerOptions, type HttpService } from '../kit/http-server.ts';
import { noOrders } from './order.ts';
import type { OrderClients } from './place-order.ts';
import { addOrderRoutes } from './routes.ts';

/** What the orders service is built from. */
export interface OrdersOptions extends HttpServerOptions {
  clients: OrderClients;
  newOrderId: () => string;
}

/** Builds the orders service. */
export function buildOrders(options: OrdersOptions): HttpService {
  const service = createHttpServer(options);
  addOrderRoutes(service.app, { ...options, orders: noOrders() });
  return service;
}
