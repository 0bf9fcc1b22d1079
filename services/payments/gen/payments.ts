import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { ChargeRequest as _shop_payments_v1_ChargeRequest, ChargeRequest__Output as _shop_payments_v1_ChargeRequest__Output } from './shop/payments/v1/ChargeRequest.ts';
import type { ChargeResponse as _shop_payments_v1_ChargeResponse, ChargeResponse__Output as _shop_payments_v1_ChargeResponse__Output } from './shop/payments/v1/ChargeResponse.ts';
import type { PaymentsClient as _shop_payments_v1_PaymentsClient, PaymentsDefinition as _shop_payments_v1_PaymentsDefinition } from './shop/payments/v1/Payments.ts';
import type { RefundRequest as _shop_payments_v1_RefundRequest, RefundRequest__Output as _shop_payments_v1_RefundRequest__Output } from './shop/payments/v1/RefundRequest.ts';
import type { RefundResponse as _shop_payments_v1_RefundResponse, RefundResponse__Output as _shop_payments_v1_RefundResponse__Output } from './shop/payments/v1/RefundResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  shop: {
    payments: {
      v1: {
        ChargeRequest: MessageTypeDefinition<_shop_payments_v1_ChargeRequest, _shop_payments_v1_ChargeRequest__Output>
        ChargeResponse: MessageTypeDefinition<_shop_payments_v1_ChargeResponse, _shop_payments_v1_ChargeResponse__Output>
        Payments: SubtypeConstructor<typeof grpc.Client, _shop_payments_v1_PaymentsClient> & { service: _shop_payments_v1_PaymentsDefinition }
        RefundRequest: MessageTypeDefinition<_shop_payments_v1_RefundRequest, _shop_payments_v1_RefundRequest__Output>
        RefundResponse: MessageTypeDefinition<_shop_payments_v1_RefundResponse, _shop_payments_v1_RefundResponse__Output>
      }
    }
  }
}

