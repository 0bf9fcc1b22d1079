import { ServiceError } from '../kit/errors.ts';
import type { PlainHandlers, StreamContext } from '../kit/grpc-handlers.ts';
import { decideDifference, decideImport, decideReserve, requireItem } from './decide.ts';
import type { InventoryHandlers } from './gen/shop/inventory/v1/Inventory.ts';
import type { StockLevel } from './gen/shop/inventory/v1/StockLevel.ts';
import { evolve, type Stock, type StockChange } from './stock.ts';
import type { Watchers } from './watchers.ts';

/** Messages that one stream may send. */
const maxStreamMessages = 10_000;

/** The handlers of `shop.inventory.v1.Inventory`. */
export function inventoryHandlers(
  stock: Stock,
  watchers: Watchers,
): PlainHandlers<InventoryHandlers> {
  return {
    Reserve(request) {
      const decision = decideReserve(stock, request);
      if (decision.type === 'reserve') {
        evolve(stock, decision.event);
        watchers.notify(request.sku);
      }
      const { unitPriceCents, remaining } = decision.reservation;
      return { reservationId: request.reservationId, unitPriceCents, remaining };
    },
    WatchStock: ({ sku }, context) => watchStock(stock, watchers, sku, context),
    async ImportStock(requests) {
      const deliveries: StockChange[] = [];
      for await (const delivery of bounded(requests)) deliveries.push(delivery);
      evolve(stock, decideImport(stock, deliveries));
      for (const sku of new Set(deliveries.map((delivery) => delivery.sku))) watchers.notify(sku);
      const totalQuantity = deliveries.reduce((total, { quantity }) => total + quantity, 0);
      return { deliveries: deliveries.length, totalQuantity };
    },
    async *Reconcile(requests) {
      for await (const count of bounded(requests)) yield decideDifference(stock, count);
    },
  };
}

async function* watchStock(
  stock: Stock,
  watchers: Watchers,
  sku: string,
  { signal }: StreamContext,
): AsyncGenerator<StockLevel> {
  requireItem(stock, sku);
  const watcher = watchers.watch(sku);
  try {
    do {
      const { quantity, version } = requireItem(stock, sku);
      yield { sku, quantity, version };
    } while (await watcher.changed(signal));
  } finally {
    watcher.close();
  }
}

async function* bounded<Message>(messages: AsyncIterable<Message>): AsyncGenerator<Message> {
  let count = 0;
  for await (const message of messages) {
    count++;
    if (count > maxStreamMessages) {
      throw new ServiceError(
        'resource-exhausted',
        `a stream may send ${maxStreamMessages} messages`,
      );
    }
    yield message;
  }
}
