import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { ImportStockResponse as _shop_inventory_v1_ImportStockResponse, ImportStockResponse__Output as _shop_inventory_v1_ImportStockResponse__Output } from './shop/inventory/v1/ImportStockResponse.ts';
import type { InventoryClient as _shop_inventory_v1_InventoryClient, InventoryDefinition as _shop_inventory_v1_InventoryDefinition } from './shop/inventory/v1/Inventory.ts';
import type { ReserveRequest as _shop_inventory_v1_ReserveRequest, ReserveRequest__Output as _shop_inventory_v1_ReserveRequest__Output } from './shop/inventory/v1/ReserveRequest.ts';
import type { ReserveResponse as _shop_inventory_v1_ReserveResponse, ReserveResponse__Output as _shop_inventory_v1_ReserveResponse__Output } from './shop/inventory/v1/ReserveResponse.ts';
import type { StockCount as _shop_inventory_v1_StockCount, StockCount__Output as _shop_inventory_v1_StockCount__Output } from './shop/inventory/v1/StockCount.ts';
import type { StockDelivery as _shop_inventory_v1_StockDelivery, StockDelivery__Output as _shop_inventory_v1_StockDelivery__Output } from './shop/inventory/v1/StockDelivery.ts';
import type { StockDifference as _shop_inventory_v1_StockDifference, StockDifference__Output as _shop_inventory_v1_StockDifference__Output } from './shop/inventory/v1/StockDifference.ts';
import type { StockLevel as _shop_inventory_v1_StockLevel, StockLevel__Output as _shop_inventory_v1_StockLevel__Output } from './shop/inventory/v1/StockLevel.ts';
import type { WatchStockRequest as _shop_inventory_v1_WatchStockRequest, WatchStockRequest__Output as _shop_inventory_v1_WatchStockRequest__Output } from './shop/inventory/v1/WatchStockRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  shop: {
    inventory: {
      v1: {
        ImportStockResponse: MessageTypeDefinition<_shop_inventory_v1_ImportStockResponse, _shop_inventory_v1_ImportStockResponse__Output>
        Inventory: SubtypeConstructor<typeof grpc.Client, _shop_inventory_v1_InventoryClient> & { service: _shop_inventory_v1_InventoryDefinition }
        ReserveRequest: MessageTypeDefinition<_shop_inventory_v1_ReserveRequest, _shop_inventory_v1_ReserveRequest__Output>
        ReserveResponse: MessageTypeDefinition<_shop_inventory_v1_ReserveResponse, _shop_inventory_v1_ReserveResponse__Output>
        StockCount: MessageTypeDefinition<_shop_inventory_v1_StockCount, _shop_inventory_v1_StockCount__Output>
        StockDelivery: MessageTypeDefinition<_shop_inventory_v1_StockDelivery, _shop_inventory_v1_StockDelivery__Output>
        StockDifference: MessageTypeDefinition<_shop_inventory_v1_StockDifference, _shop_inventory_v1_StockDifference__Output>
        StockLevel: MessageTypeDefinition<_shop_inventory_v1_StockLevel, _shop_inventory_v1_StockLevel__Output>
        WatchStockRequest: MessageTypeDefinition<_shop_inventory_v1_WatchStockRequest, _shop_inventory_v1_WatchStockRequest__Output>
      }
    }
  }
}

