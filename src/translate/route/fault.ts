import { asNumber, asRecord, asString } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import { duration } from '../values/duration.ts';
import { any, object } from '../values/json.ts';
import { fractionalPercent, wholePercent } from '../values/percent.ts';

/** gRPC's status codes by name: what `abort.grpcStatus` may be. */
export const grpcStatusCodes: Record<string, number> = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
};

/**
 * `fault` of an HTTP route as the route's own configuration of Envoy's fault filter. It acts in the caller's sidecar before
 * the router: such a fault is never retried.
 */
export function faultFilter(fault: unknown): JsonObject {
  const given = asRecord(fault);
  return any('envoy.extensions.filters.http.fault.v3.HTTPFault', {
    delay: delayOf(given.delay),
    abort: abortOf(given.abort),
  });
}

function delayOf(value: unknown): JsonObject | undefined {
  const delay = asRecord(value);
  const fixedDelay = duration(delay.fixedDelay);
  if (fixedDelay === undefined) return undefined;
  const percentage =
    delay.percentage === undefined
      ? wholePercent(asNumber(delay.percent) ?? 0)
      : fractionalPercent(delay.percentage);
  return { fixedDelay, percentage };
}

function abortOf(value: unknown): JsonObject | undefined {
  const abort = asRecord(value);
  const percentage =
    abort.percentage === undefined ? undefined : fractionalPercent(abort.percentage);
  const httpStatus = asNumber(abort.httpStatus);
  if (httpStatus !== undefined) return object({ httpStatus, percentage });
  const grpcStatus = grpcStatusCodes[asString(abort.grpcStatus) ?? ''];
  return grpcStatus === undefined ? undefined : object({ grpcStatus, percentage });
}
