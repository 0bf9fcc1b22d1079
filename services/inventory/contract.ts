import { loadContract } from '../kit/proto.ts';
import type { ProtoGrpcType } from './gen/inventory.ts';

/** `inventory.proto`, loaded. */
export const inventoryContract = loadContract<ProtoGrpcType>(
  new URL('./inventory.proto', import.meta.url),
);

/** The service's full name. */
export const inventoryServiceName = 'shop.inventory.v1.Inventory';
