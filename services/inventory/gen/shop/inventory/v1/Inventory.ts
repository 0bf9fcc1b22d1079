// Original file: services/inventory/inventory.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ImportStockResponse as _shop_inventory_v1_ImportStockResponse, ImportStockResponse__Output as _shop_inventory_v1_ImportStockResponse__Output } from '../../../shop/inventory/v1/ImportStockResponse.ts';
import type { ReserveRequest as _shop_inventory_v1_ReserveRequest, ReserveRequest__Output as _shop_inventory_v1_ReserveRequest__Output } from '../../../shop/inventory/v1/ReserveRequest.ts';
import type { ReserveResponse as _shop_inventory_v1_ReserveResponse, ReserveResponse__Output as _shop_inventory_v1_ReserveResponse__Output } from '../../../shop/inventory/v1/ReserveResponse.ts';
import type { StockCount as _shop_inventory_v1_StockCount, StockCount__Output as _shop_inventory_v1_StockCount__Output } from '../../../shop/inventory/v1/StockCount.ts';
import type { StockDelivery as _shop_inventory_v1_StockDelivery, StockDelivery__Output as _shop_inventory_v1_StockDelivery__Output } from '../../../shop/inventory/v1/StockDelivery.ts';
import type { StockDifference as _shop_inventory_v1_StockDifference, StockDifference__Output as _shop_inventory_v1_StockDifference__Output } from '../../../shop/inventory/v1/StockDifference.ts';
import type { StockLevel as _shop_inventory_v1_StockLevel, StockLevel__Output as _shop_inventory_v1_StockLevel__Output } from '../../../shop/inventory/v1/StockLevel.ts';
import type { WatchStockRequest as _shop_inventory_v1_WatchStockRequest, WatchStockRequest__Output as _shop_inventory_v1_WatchStockRequest__Output } from '../../../shop/inventory/v1/WatchStockRequest.ts';

export interface InventoryClient extends grpc.Client {
  ImportStock(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_inventory_v1_ImportStockResponse__Output>): grpc.ClientWritableStream<_shop_inventory_v1_StockDelivery>;
  ImportStock(metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_inventory_v1_ImportStockResponse__Output>): grpc.ClientWritableStream<_shop_inventory_v1_StockDelivery>;
  ImportStock(options: grpc.CallOptions, callback: grpc.requestCallback<_shop_inventory_v1_ImportStockResponse__Output>): grpc.ClientWritableStream<_shop_inventory_v1_StockDelivery>;
  ImportStock(callback: grpc.requestCallback<_shop_inventory_v1_ImportStockResponse__Output>): grpc.ClientWritableStream<_shop_inventory_v1_StockDelivery>;
  importStock(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_inventory_v1_ImportStockResponse__Output>): grpc.ClientWritableStream<_shop_inventory_v1_StockDelivery>;
  importStock(metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_inventory_v1_ImportStockResponse__Output>): grpc.ClientWritableStream<_shop_inventory_v1_StockDelivery>;
  importStock(options: grpc.CallOptions, callback: grpc.requestCallback<_shop_inventory_v1_ImportStockResponse__Output>): grpc.ClientWritableStream<_shop_inventory_v1_StockDelivery>;
  importStock(callback: grpc.requestCallback<_shop_inventory_v1_ImportStockResponse__Output>): grpc.ClientWritableStream<_shop_inventory_v1_StockDelivery>;
  
  Reconcile(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_shop_inventory_v1_StockCount, _shop_inventory_v1_StockDifference__Output>;
  Reconcile(options?: grpc.CallOptions): grpc.ClientDuplexStream<_shop_inventory_v1_StockCount, _shop_inventory_v1_StockDifference__Output>;
  reconcile(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_shop_inventory_v1_StockCount, _shop_inventory_v1_StockDifference__Output>;
  reconcile(options?: grpc.CallOptions): grpc.ClientDuplexStream<_shop_inventory_v1_StockCount, _shop_inventory_v1_StockDifference__Output>;
  
  Reserve(argument: _shop_inventory_v1_ReserveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_inventory_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  Reserve(argument: _shop_inventory_v1_ReserveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_inventory_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  Reserve(argument: _shop_inventory_v1_ReserveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_inventory_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  Reserve(argument: _shop_inventory_v1_ReserveRequest, callback: grpc.requestCallback<_shop_inventory_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  reserve(argument: _shop_inventory_v1_ReserveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_inventory_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  reserve(argument: _shop_inventory_v1_ReserveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_inventory_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  reserve(argument: _shop_inventory_v1_ReserveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_inventory_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  reserve(argument: _shop_inventory_v1_ReserveRequest, callback: grpc.requestCallback<_shop_inventory_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  
  WatchStock(argument: _shop_inventory_v1_WatchStockRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_shop_inventory_v1_StockLevel__Output>;
  WatchStock(argument: _shop_inventory_v1_WatchStockRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_shop_inventory_v1_StockLevel__Output>;
  watchStock(argument: _shop_inventory_v1_WatchStockRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_shop_inventory_v1_StockLevel__Output>;
  watchStock(argument: _shop_inventory_v1_WatchStockRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_shop_inventory_v1_StockLevel__Output>;
  
}

export interface InventoryHandlers extends grpc.UntypedServiceImplementation {
  ImportStock: grpc.handleClientStreamingCall<_shop_inventory_v1_StockDelivery__Output, _shop_inventory_v1_ImportStockResponse>;
  
  Reconcile: grpc.handleBidiStreamingCall<_shop_inventory_v1_StockCount__Output, _shop_inventory_v1_StockDifference>;
  
  Reserve: grpc.handleUnaryCall<_shop_inventory_v1_ReserveRequest__Output, _shop_inventory_v1_ReserveResponse>;
  
  WatchStock: grpc.handleServerStreamingCall<_shop_inventory_v1_WatchStockRequest__Output, _shop_inventory_v1_StockLevel>;
  
}

export interface InventoryDefinition extends grpc.ServiceDefinition {
  ImportStock: MethodDefinition<_shop_inventory_v1_StockDelivery, _shop_inventory_v1_ImportStockResponse, _shop_inventory_v1_StockDelivery__Output, _shop_inventory_v1_ImportStockResponse__Output>
  Reconcile: MethodDefinition<_shop_inventory_v1_StockCount, _shop_inventory_v1_StockDifference, _shop_inventory_v1_StockCount__Output, _shop_inventory_v1_StockDifference__Output>
  Reserve: MethodDefinition<_shop_inventory_v1_ReserveRequest, _shop_inventory_v1_ReserveResponse, _shop_inventory_v1_ReserveRequest__Output, _shop_inventory_v1_ReserveResponse__Output>
  WatchStock: MethodDefinition<_shop_inventory_v1_WatchStockRequest, _shop_inventory_v1_StockLevel, _shop_inventory_v1_WatchStockRequest__Output, _shop_inventory_v1_StockLevel__Output>
}
