// Original file: services/inventory/inventory.proto


export interface StockCount {
  'sku'?: (string);
  'counted'?: (number);
}

export interface StockCount__Output {
  'sku': (string);
  'counted': (number);
}
