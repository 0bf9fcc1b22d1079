import type { PlainHandlers } from '../kit/grpc-handlers.ts';
import { type Charges, evolve } from './charge.ts';
import { decideCharge, decideRefund } from './decide.ts';
import type { PaymentsHandlers } from './gen/shop/payments/v1/Payments.ts';

/** The handlers of `shop.payments.v1.Payments`. */
export function paymentsHandlers(
  charges: Charges,
  newChargeId: () => string,
): PlainHandlers<PaymentsHandlers> {
  return {
    Charge(request) {
      const chargeId = newChargeId();
      evolve(charges, decideCharge(request, chargeId));
      return { chargeId };
    },
    Refund({ chargeId }) {
      evolve(charges, decideRefund(charges, chargeId));
      return { chargeId, amountCents: charges.get(chargeId)?.amountCents ?? 0 };
    },
  };
}
