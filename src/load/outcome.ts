/**
 * What became of one request, seen by the caller.
 *
 * - `success`: HTTP 2xx or 3xx, gRPC OK
 * - `rejected`: the callee understood and said no: HTTP 4xx, gRPC codes that blame the request
 * - `failed`: HTTP 5xx, gRPC codes that blame the callee or the way to it
 * - `timeout`: the generator's own bound ended it
 * - `broken`: no answer: refused, reset, protocol error
 * - `canceled`: the run was stopped while it was under way
 */
export type OutcomeClass = 'success' | 'rejected' | 'failed' | 'timeout' | 'broken' | 'canceled';

/** One outcome: its class, and the label under which equal ones are counted, e.g. `http 503`, `grpc 14`. */
export interface Outcome {
  class: OutcomeClass;
  label: string;
}

/** Class of an HTTP status (RFC 9110, section 15). */
export function httpOutcome(status: number): Outcome {
  const label = `http ${status}`;
  if (status >= 500) return { class: 'failed', label };
  return { class: status >= 400 ? 'rejected' : 'success', label };
}

// INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, FAILED_PRECONDITION, OUT_OF_RANGE,
// UNIMPLEMENTED, UNAUTHENTICATED: the same call would be refused again.
const rejectingCodes = new Set([3, 5, 6, 7, 9, 11, 12, 16]);

/** Class of a gRPC status code, as gRPC's guide to status codes assigns the blame. */
export function grpcOutcome(code: number): Outcome {
  const label = `grpc ${code}`;
  if (code === 0) return { class: 'success', label };
  return { class: rejectingCodes.has(code) ? 'rejected' : 'failed', label };
}

/** The generator's own bound ran out. */
export const timedOut: Outcome = { class: 'timeout', label: 'timeout' };

/** The run was stopped. */
export const canceled: Outcome = { class: 'canceled', label: 'canceled' };

/** No answer at all; `reason` is the error's code, e.g. `ECONNRESET`. */
export function brokenOutcome(reason: string): Outcome {
  return { class: 'broken', label: `broken ${reason}` };
}
