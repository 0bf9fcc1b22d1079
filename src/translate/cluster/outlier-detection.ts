import { asNumber, asRecord } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import { duration } from '../values/duration.ts';
import { object } from '../values/json.ts';

/** `outlierDetection` of a traffic policy as Envoy's; ejection by success rate is always off in Istio. */
export function outlierDetection(settings: unknown): JsonObject {
  const given = asRecord(settings);
  const split = given.splitExternalLocalOriginErrors === true;
  const localFailures = asNumber(given.consecutiveLocalOriginFailures) ?? 0;
  return object({
    ...consecutive(given.consecutive5xxErrors, 'consecutive5xx', 'enforcingConsecutive5xx'),
    ...consecutive(
      given.consecutiveGatewayErrors,
      'consecutiveGatewayFailure',
      'enforcingConsecutiveGatewayFailure',
    ),
    interval: duration(given.interval),
    baseEjectionTime: duration(given.baseEjectionTime),
    maxEjectionPercent: positive(given.maxEjectionPercent),
    enforcingSuccessRate: 0,
    splitExternalLocalOriginErrors: split ? true : undefined,
    ...(split && localFailures > 0
      ? {
          consecutiveLocalOriginFailure: localFailures,
          enforcingConsecutiveLocalOriginFailure: 100,
        }
      : {}),
    enforcingLocalOriginSuccessRate: split ? 0 : undefined,
  });
}

/** A limit of 0 switches that kind of ejection off. */
function consecutive(value: unknown, limit: string, enforcing: string): JsonObject {
  const number = asNumber(value);
  return number === undefined ? {} : { [limit]: number, [enforcing]: number > 0 ? 100 : 0 };
}

/** Share of healthy hosts in percent below which Envoy would send to unhealthy ones, too. 0 in Istio: never. */
export function panicThreshold(settings: unknown): JsonObject {
  const percent = positive(asRecord(settings).minHealthPercent);
  return percent === undefined ? {} : { value: percent };
}

function positive(value: unknown): number | undefined {
  const number = asNumber(value) ?? 0;
  return number > 0 ? number : undefined;
}
