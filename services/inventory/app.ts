import type { FaultPlan } from '../kit/fault-plan.ts';
import { createGrpcServer } from '../kit/grpc-server.ts';
import type { Log } from '../kit/log.ts';
import type { Service } from '../kit/service.ts';
import { inventoryContract, inventoryServiceName } from './contract.ts';
import type { InventoryHandlers } from './gen/shop/inventory/v1/Inventory.ts';
import { inventoryHandlers } from './handlers.ts';
import { type Stock, seededStock } from './stock.ts';
import { createWatchers, type Watchers } from './watchers.ts';

/** What the inventory service is built from. */
export interface InventoryOptions {
  /** @default seededStock() */
  stock?: Stock;
  /** @default createWatchers(1000) */
  watchers?: Watchers;
  log?: Log;
  faults?: FaultPlan | undefined;
}

/** Builds the inventory service. */
export function buildInventory(options: InventoryOptions = {}): Service {
  const { stock = seededStock(), watchers = createWatchers(1000), log, faults } = options;
  return createGrpcServer<InventoryHandlers>({
    ...inventoryContract,
    serviceName: inventoryServiceName,
    definition: inventoryContract.grpc.shop.inventory.v1.Inventory.service,
    handlers: inventoryHandlers(stock, watchers),
    ...(log && { log }),
    faults,
  });
}
