// Original file: services/inventory/inventory.proto


export interface StockDifference {
  'sku'?: (string);
  'counted'?: (number);
  'known'?: (number);
  'difference'?: (number);
}

export interface StockDifference__Output {
  'sku': (string);
  'counted': (number);
  'known': (number);
  'difference': (number);
}
