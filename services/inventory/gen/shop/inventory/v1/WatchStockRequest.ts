// Original file: services/inventory/inventory.proto


export interface WatchStockRequest {
  'sku'?: (string);
}

export interface WatchStockRequest__Output {
  'sku': (string);
}
