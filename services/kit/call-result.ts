import { type ErrorCode, type ErrorFacts, ServiceError } from './errors.ts';

/** Why a call to another service gave no value. */
export interface CallFailure {
  code: ErrorCode;
  /** The service that was called, e.g. `users`. */
  callee: string;
  /** What it said, or what the connection did; for logs, and for the user when the code is not a 5xx. */
  detail: string;
  facts: ErrorFacts;
}

/** What a call to another service gives: a value, or a failure that the caller decides on. It never throws. */
export type CallResult<Value> = { ok: true; value: Value } | { ok: false; failure: CallFailure };

/** The value of a call, for callers that have nothing to decide: a failure is thrown as a ServiceError with its code. */
export function valueOf<Value>(result: CallResult<Value>): Value {
  if (result.ok) return result.value;
  throw calleeError(result.failure);
}

/** A failed call as the error of the service that made it. What only the log shows begins with the callee's name. */
export function calleeError(failure: CallFailure): ServiceError {
  const { code, callee, detail, facts } = failure;
  return new ServiceError(code, silent.has(code) ? `${callee}: ${detail}` : detail, facts);
}

// The codes of calls that gave no answer: they are a 5xx, whose message does not reach the user.
const silent: ReadonlySet<ErrorCode> = new Set([
  'resource-exhausted',
  'unavailable',
  'deadline-exceeded',
  'callee-failed',
  'internal',
]);
