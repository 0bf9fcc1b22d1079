import { asNumber, asRecord } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';

/** Istio's `Percent` as Envoy's FractionalPercent out of a million; what is below a ten-thousandth of a percent is cut, as Istio does. */
export function fractionalPercent(value: unknown): JsonObject {
  const numerator = Math.trunc((asNumber(asRecord(value).value) ?? 0) * 10_000);
  return numerator === 0 ? { denominator: 'MILLION' } : { numerator, denominator: 'MILLION' };
}

/** Whole percents as Envoy's FractionalPercent out of a hundred, protojson's default denominator. */
export function wholePercent(percent: number): JsonObject {
  return percent === 0 ? {} : { numerator: percent };
}
