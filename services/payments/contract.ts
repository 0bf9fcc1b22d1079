import { loadContract } from '../kit/proto.ts';
import type { ProtoGrpcType } from './gen/payments.ts';

/** `payments.proto`, loaded. */
export const paymentsContract = loadContract<ProtoGrpcType>(
  new URL('./payments.proto', import.meta.url),
);

/** The service's full name. */
export const paymentsServiceName = 'shop.payments.v1.Payments';
