// Original file: services/payments/payments.proto


export interface ChargeResponse {
  'chargeId'?: (string);
}

export interface ChargeResponse__Output {
  'chargeId': (string);
}
