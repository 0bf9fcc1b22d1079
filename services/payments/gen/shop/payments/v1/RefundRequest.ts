// Original file: /work/main/services/payments/payments.proto


export interface RefundRequest {
  'chargeId'?: (string);
}

export interface RefundRequest__Output {
  'chargeId': (string);
}
