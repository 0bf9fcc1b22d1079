import type { CallContext } from '../kit/call-context.ts';
import type { CallResult } from '../kit/call-result.ts';
import { callUnary, createGrpcClient, metadataOf } from '../kit/grpc-client.ts';
import { paymentsContract } from './contract.ts';
import type { ChargeRequest } from './gen/shop/payments/v1/ChargeRequest.ts';
import type { ChargeResponse__Output } from './gen/shop/payments/v1/ChargeResponse.ts';

/** The payments service, as its callers see it. */
export interface PaymentsClient {
  charge(request: ChargeRequest, context: CallContext): Promise<CallResult<ChargeResponse__Output>>;
  close(): void;
}

/** Calls the payments service at `address`, `host:port`. */
export function createPaymentsClient(address: string): PaymentsClient {
  const grpc = createGrpcClient(paymentsContract.grpc.shop.payments.v1.Payments, address);
  return {
    charge: (request, context) =>
      callUnary('payments', (done) => grpc.Charge(request, metadataOf(context), done)),
    close: () => grpc.close(),
  };
}
