// Original file: services/inventory/inventory.proto

import type { Long } from '@grpc/proto-loader';

export interface ImportStockResponse {
  'deliveries'?: (number);
  'totalQuantity'?: (number | string | Long);
}

export interface ImportStockResponse__Output {
  'deliveries': (number);
  'totalQuantity': (number);
}
