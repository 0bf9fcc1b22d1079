// Original file: services/payments/payments.proto


export interface RefundRequest {
  'chargeId'?: (string);
}

export interface RefundRequest__Output {
  'chargeId': (string);
}
