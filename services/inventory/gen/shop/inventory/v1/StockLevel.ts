// Original file: services/inventory/inventory.proto

import type { Long } from '@grpc/proto-loader';

export interface StockLevel {
  'sku'?: (string);
  'quantity'?: (number);
  'version'?: (number | string | Long);
}

export interface StockLevel__Output {
  'sku': (string);
  'quantity': (number);
  'version': (number);
}
