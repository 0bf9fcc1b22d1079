// Original file: services/payments/payments.proto

import type { Long } from '@grpc/proto-loader';

export interface RefundResponse {
  'chargeId'?: (string);
  'amountCents'?: (number | string | Long);
}

export interface RefundResponse__Output {
  'chargeId': (string);
  'amountCents': (number);
}
