/**
 * Why a service says no, as a closed list; `problem.ts` maps it to HTTP and `grpc-status.ts` to gRPC.
 *
 * - `invalid-argument`: the request itself is wrong
 * - `not-found`: what it names is not there
 * - `already-exists`: it was done before, with other values
 * - `failed-precondition`: the state of the shop forbids it
 * - `payment-required`: the payment was refused
 * - `resource-exhausted`: a bound of this service is reached
 * - `unavailable`: a service that is needed did not answer
 * - `deadline-exceeded`: a service that is needed did not answer in the time the mesh allows
 * - `callee-failed`: a service that is needed answered with an error of its own, or refused the caller
 * - `internal`: a fault of this service
 */
export const errorCodes = [
  'invalid-argument',
  'not-found',
  'already-exists',
  'failed-precondition',
  'payment-required',
  'resource-exhausted',
  'unavailable',
  'deadline-exceeded',
  'callee-failed',
  'internal',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** Further facts for the caller, e.g. `{ orderId: '…' }`: they become members of the problem+json body. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean>>;

/** The only error that services throw on purpose. The message reaches the caller unless the code maps to a 5xx. */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
    this.facts = facts;
  }
}

/** Whether `value` is one of {@link errorCodes}. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return (errorCodes as readonly unknown[]).includes(value);
}

/** The end of a switch over all members of a union: the compiler objects when one is missing. */
export function unreachable(value: never): never {
  throw new ServiceError('internal', `unexpected value ${JSON.stringify(value)}`);
}
