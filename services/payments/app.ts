import { noCharges } from './charge.ts';
import type { FaultPlan } from '../kit/fault-plan.ts';
import { createGrpcServer } from '../kit/grpc-server.ts';
import type { Log } from '../kit/log.ts';
import type { Service } from '../kit/service.ts';
import { paymentsContract, paymentsServiceName } from './contract.ts';
import type { PaymentsHandlers } from './gen/shop/payments/v1/Payments.ts';
import { paymentsHandlers } from './handlers.ts';

/** What the payments service is built from. */
export interface PaymentsOptions {
  newChargeId: () => string;
  log?: Log;
  faults?: FaultPlan | undefined;
}

/** Builds the payments service. */
export function buildPayments(options: PaymentsOptions): Service {
  return createGrpcServer<PaymentsHandlers>({
    ...options,
    ...paymentsContract,
    serviceName: paymentsServiceName,
    definition: paymentsContract.grpc.shop.payments.v1.Payments.service,
    handlers: paymentsHandlers(noCharges(), options.newChargeId),
  });
}
