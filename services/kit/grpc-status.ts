import { type ServiceError as GrpcError, type StatusObject, status } from '@grpc/grpc-js';
import type { CallFailure } from './call-result.ts';
import { type ErrorCode, ServiceError } from './errors.ts';
import { type Log, reasonOf } from './log.ts';

const statusOf: Record<ErrorCode, status> = {
  'invalid-argument': status.INVALID_ARGUMENT,
  'not-found': status.NOT_FOUND,
  'already-exists': status.ALREADY_EXISTS,
  'failed-precondition': status.FAILED_PRECONDITION,
  'payment-required': status.FAILED_PRECONDITION,
  'resource-exhausted': status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  'deadline-exceeded': status.DEADLINE_EXCEEDED,
  'callee-failed': status.INTERNAL,
  internal: status.INTERNAL,
};
const serverFaults: ReadonlySet<ErrorCode> = new Set(['callee-failed', 'internal']);

// The other way: what a status means to the caller. UNKNOWN, INTERNAL, PERMISSION_DENIED and the like are all the callee's
// or the mesh's trouble, not an answer to what was asked.
const codeOf: Partial<Record<status, ErrorCode>> = {
  [status.INVALID_ARGUMENT]: 'invalid-argument',
  [status.NOT_FOUND]: 'not-found',
  [status.ALREADY_EXISTS]: 'already-exists',
  [status.FAILED_PRECONDITION]: 'failed-precondition',
  [status.RESOURCE_EXHAUSTED]: 'resource-exhausted',
  [status.UNAVAILABLE]: 'unavailable',
  [status.DEADLINE_EXCEEDED]: 'deadline-exceeded',
};

/** The one place where errors become gRPC statuses. What was not thrown on purpose is INTERNAL, and only the log says why. */
export function statusOfError(error: unknown, log: Log): Pick<StatusObject, 'code' | 'details'> {
  if (error instanceof ServiceError && !serverFaults.has(error.code)) {
    // grpc-js escapes details by encodeURI, which throws on half a surrogate pair.
    return { code: statusOf[error.code], details: error.message.toWellFormed() };
  }
  log({ level: 'error', message: 'call failed', reason: reasonOf(error) });
  return { code: status.INTERNAL, details: 'internal error' };
}

/** A status that is not OK, as the failure of a call to `callee`. */
export function failureOfStatus(
  callee: string,
  error: Pick<GrpcError, 'code' | 'details'>,
): CallFailure {
  const code = codeOf[error.code] ?? 'callee-failed';
  const detail = code === 'callee-failed' ? `it answered ${status[error.code]}` : error.details;
  return { code, callee, detail, facts: {} };
}
