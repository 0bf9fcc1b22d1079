// Original file: services/inventory/inventory.proto


export interface StockDelivery {
  'sku'?: (string);
  'quantity'?: (number);
}

export interface StockDelivery__Output {
  'sku': (string);
  'quantity': (number);
}
