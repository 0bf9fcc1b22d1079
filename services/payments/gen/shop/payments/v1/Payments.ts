// Original file: services/payments/payments.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ChargeRequest as _shop_payments_v1_ChargeRequest, ChargeRequest__Output as _shop_payments_v1_ChargeRequest__Output } from '../../../shop/payments/v1/ChargeRequest.ts';
import type { ChargeResponse as _shop_payments_v1_ChargeResponse, ChargeResponse__Output as _shop_payments_v1_ChargeResponse__Output } from '../../../shop/payments/v1/ChargeResponse.ts';
import type { RefundRequest as _shop_payments_v1_RefundRequest, RefundRequest__Output as _shop_payments_v1_RefundRequest__Output } from '../../../shop/payments/v1/RefundRequest.ts';
import type { RefundResponse as _shop_payments_v1_RefundResponse, RefundResponse__Output as _shop_payments_v1_RefundResponse__Output } from '../../../shop/payments/v1/RefundResponse.ts';

export interface PaymentsClient extends grpc.Client {
  Charge(argument: _shop_payments_v1_ChargeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_payments_v1_ChargeResponse__Output>): grpc.ClientUnaryCall;
  Charge(argument: _shop_payments_v1_ChargeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_payments_v1_ChargeResponse__Output>): grpc.ClientUnaryCall;
  Charge(argument: _shop_payments_v1_ChargeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_payments_v1_ChargeResponse__Output>): grpc.ClientUnaryCall;
  Charge(argument: _shop_payments_v1_ChargeRequest, callback: grpc.requestCallback<_shop_payments_v1_ChargeResponse__Output>): grpc.ClientUnaryCall;
  charge(argument: _shop_payments_v1_ChargeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_payments_v1_ChargeResponse__Output>): grpc.ClientUnaryCall;
  charge(argument: _shop_payments_v1_ChargeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_payments_v1_ChargeResponse__Output>): grpc.ClientUnaryCall;
  charge(argument: _shop_payments_v1_ChargeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_payments_v1_ChargeResponse__Output>): grpc.ClientUnaryCall;
  charge(argument: _shop_payments_v1_ChargeRequest, callback: grpc.requestCallback<_shop_payments_v1_ChargeResponse__Output>): grpc.ClientUnaryCall;
  
  Refund(argument: _shop_payments_v1_RefundRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_payments_v1_RefundResponse__Output>): grpc.ClientUnaryCall;
  Refund(argument: _shop_payments_v1_RefundRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_payments_v1_RefundResponse__Output>): grpc.ClientUnaryCall;
  Refund(argument: _shop_payments_v1_RefundRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_payments_v1_RefundResponse__Output>): grpc.ClientUnaryCall;
  Refund(argument: _shop_payments_v1_RefundRequest, callback: grpc.requestCallback<_shop_payments_v1_RefundResponse__Output>): grpc.ClientUnaryCall;
  refund(argument: _shop_payments_v1_RefundRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_payments_v1_RefundResponse__Output>): grpc.ClientUnaryCall;
  refund(argument: _shop_payments_v1_RefundRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_payments_v1_RefundResponse__Output>): grpc.ClientUnaryCall;
  refund(argument: _shop_payments_v1_RefundRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_payments_v1_RefundResponse__Output>): grpc.ClientUnaryCall;
  refund(argument: _shop_payments_v1_RefundRequest, callback: grpc.requestCallback<_shop_payments_v1_RefundResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface PaymentsHandlers extends grpc.UntypedServiceImplementation {
  Charge: grpc.handleUnaryCall<_shop_payments_v1_ChargeRequest__Output, _shop_payments_v1_ChargeResponse>;
  
  Refund: grpc.handleUnaryCall<_shop_payments_v1_RefundRequest__Output, _shop_payments_v1_RefundResponse>;
  
}

export interface PaymentsDefinition extends grpc.ServiceDefinition {
  Charge: MethodDefinition<_shop_payments_v1_ChargeRequest, _shop_payments_v1_ChargeResponse, _shop_payments_v1_ChargeRequest__Output, _shop_payments_v1_ChargeResponse__Output>
  Refund: MethodDefinition<_shop_payments_v1_RefundRequest, _shop_payments_v1_RefundResponse, _shop_payments_v1_RefundRequest__Output, _shop_payments_v1_RefundResponse__Output>
}
