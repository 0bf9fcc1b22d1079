// Original file: services/payments/payments.proto

import type { Long } from '@grpc/proto-loader';

export interface ChargeRequest {
  'orderId'?: (string);
  'userId'?: (string);
  'amountCents'?: (number | string | Long);
}

export interface ChargeRequest__Output {
  'orderId': (string);
  'userId': (string);
  'amountCents': (number);
}
