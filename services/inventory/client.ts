import type { CallContext } from '../kit/call-context.ts';
import type { CallResult } from '../kit/call-result.ts';
import {
  callBidi,
  callClientStream,
  callServerStream,
  callUnary,
  createGrpcClient,
  metadataOf,
} from '../kit/grpc-client.ts';
import { inventoryContract } from './contract.ts';
import type { ImportStockResponse__Output } from './gen/shop/inventory/v1/ImportStockResponse.ts';
import type { ReserveRequest } from './gen/shop/inventory/v1/ReserveRequest.ts';
import type { ReserveResponse__Output } from './gen/shop/inventory/v1/ReserveResponse.ts';
import type { StockCount } from './gen/shop/inventory/v1/StockCount.ts';
import type { StockDelivery } from './gen/shop/inventory/v1/StockDelivery.ts';
import type { StockDifference__Output } from './gen/shop/inventory/v1/StockDifference.ts';
import type { StockLevel__Output } from './gen/shop/inventory/v1/StockLevel.ts';

/** A stream of answers; a failure is thrown as a ServiceError. */
export type Answers<Message> = AsyncGenerator<Message, void, undefined>;

/** The inventory service, as its callers see it. */
export interface InventoryClient {
  reserve(
    request: ReserveRequest,
    context: CallContext,
  ): Promise<CallResult<ReserveResponse__Output>>;
  watchStock(sku: string, context: CallContext, signal: AbortSignal): Answers<StockLevel__Output>;
  /** Rejects with what `deliveries` threw, if it does. */
  importStock(
    deliveries: AsyncIterable<StockDelivery>,
    context: CallContext,
  ): Promise<CallResult<ImportStockResponse__Output>>;
  reconcile(
    counts: AsyncIterable<StockCount>,
    context: CallContext,
    signal: AbortSignal,
  ): Answers<StockDifference__Output>;
  close(): void;
}

/** Calls the inventory service at `address`, `host:port`. */
export function createInventoryClient(address: string): InventoryClient {
  const callee = 'inventory';
  const grpc = createGrpcClient(inventoryContract.grpc.shop.inventory.v1.Inventory, address);
  return {
    reserve: (request, context) =>
      callUnary(callee, (done) => grpc.Reserve(request, metadataOf(context), done)),
    watchStock: (sku, context, signal) =>
      callServerStream(callee, grpc.WatchStock({ sku }, metadataOf(context)), signal),
    importStock: (deliveries, context) =>
      callClientStream(callee, (done) => grpc.ImportStock(metadataOf(context), done), deliveries),
    reconcile: (counts, context, signal) =>
      callBidi(callee, grpc.Reconcile(metadataOf(context)), counts, signal),
    close: () => grpc.close(),
  };
}
