// Original file: services/inventory/inventory.proto


export interface ReserveRequest {
  'reservationId'?: (string);
  'sku'?: (string);
  'quantity'?: (number);
}

export interface ReserveRequest__Output {
  'reservationId': (string);
  'sku': (string);
  'quantity': (number);
}
