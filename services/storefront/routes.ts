import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { InventoryClient } from '../inventory/client.ts';
import { contextOfRequest } from '../kit/call-context.ts';
import { valueOf } from '../kit/call-result.ts';
import { ServiceError } from '../kit/errors.ts';
import type { HttpApp } from '../kit/http-server.ts';
import {
  acceptNdjson,
  ndjsonContentType,
  readNdjson,
  startedStream,
  writeNdjson,
} from '../kit/ndjson.ts';
import type { OrdersClient } from '../orders/client.ts';
import { GetOrderParamsSchema, OrderSchema, PlaceOrderSchema } from '../orders/schemas.ts';
import type { UsersClient } from '../users/client.ts';
import { GetUserParamsSchema, UserSchema } from '../users/schemas.ts';
import {
  StockCountSchema,
  StockDeliverySchema,
  StockImportSchema,
  StockParamsSchema,
} from './schemas.ts';

/** The services that the storefront calls. */
export interface StorefrontClients {
  users: Pick<UsersClient, 'get'>;
  orders: Pick<OrdersClient, 'place' | 'get'>;
  inventory: Pick<InventoryClient, 'watchStock' | 'importStock' | 'reconcile'>;
}

/** What customers see of users and orders. */
export function addShopRoutes(app: HttpApp, { users, orders }: StorefrontClients): void {
  const getUser = { params: GetUserParamsSchema, response: { 200: UserSchema } };
  app.get('/users/:id', { schema: getUser }, async (request) =>
    valueOf(await users.get(request.params.id, contextOfRequest(request))),
  );

  const place = { body: PlaceOrderSchema, response: { 201: OrderSchema } };
  app.post('/orders', { schema: place }, async (request, reply) => {
    const order = valueOf(await orders.place(request.body, contextOfRequest(request)));
    return reply.code(201).header('location', `/orders/${order.id}`).send(order);
  });

  const getOrder = { params: GetOrderParamsSchema, response: { 200: OrderSchema } };
  app.get('/orders/:id', { schema: getOrder }, async (request) =>
    valueOf(await orders.get(request.params.id, contextOfRequest(request))),
  );
}

/** The streams of the stock, one JSON object a line. `closing` ends those that have no end of their own. */
export function addStockRoutes(
  app: HttpApp,
  { inventory }: StorefrontClients,
  closing: AbortSignal,
): void {
  acceptNdjson(app);

  app.get(
    '/stock/:sku/events',
    { schema: { params: StockParamsSchema } },
    async (request, reply) => {
      const signal = untilClosed(reply, closing);
      const levels = inventory.watchStock(request.params.sku, contextOfRequest(request), signal);
      return sendLines(reply, await startedStream(levels));
    },
  );

  const imports = { response: { 200: StockImportSchema } };
  app.post('/stock/imports', { schema: imports }, async (request) => {
    const deliveries = readNdjson(linesOf(request.body), StockDeliverySchema);
    return valueOf(await inventory.importStock(deliveries, contextOfRequest(request)));
  });

  app.post('/stock/reconciliations', async (request, reply) => {
    const signal = untilClosed(reply, closing);
    const counts = readNdjson(linesOf(request.body), StockCountSchema);
    const differences = inventory.reconcile(counts, contextOfRequest(request), signal);
    return sendLines(reply, await startedStream(differences));
  });
}

function sendLines(reply: FastifyReply, values: AsyncIterable<unknown>): FastifyReply {
  return reply.type(ndjsonContentType).send(Readable.from(writeNdjson(values)));
}

function linesOf(body: unknown): AsyncIterable<Buffer> {
  if (body instanceof Readable) return body;
  throw new ServiceError('invalid-argument', `the body must be ${ndjsonContentType}`);
}

// A stream that nobody reads any more must not go on: its call to inventory would hold a watcher for ever.
function untilClosed(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, closing]);
}
