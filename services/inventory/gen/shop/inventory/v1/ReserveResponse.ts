// Original file: services/inventory/inventory.proto

import type { Long } from '@grpc/proto-loader';

export interface ReserveResponse {
  'reservationId'?: (string);
  'unitPriceCents'?: (number | string | Long);
  'remaining'?: (number);
}

export interface ReserveResponse__Output {
  'reservationId': (string);
  'unitPriceCents': (number);
  'remaining': (number);
}
