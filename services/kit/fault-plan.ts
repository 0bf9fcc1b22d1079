import type { status } from '@grpc/grpc-js';
import { createBoundedMap } from './bounded-map.ts';
import { ServiceError } from './errors.ts';

/** The name of a gRPC status, e.g. `UNAVAILABLE`. */
export type GrpcCode = keyof typeof status;

/** A failure to give instead of an answer, in the words of both protocols. */
export interface Fault {
  httpStatus: number;
  /** A code of google.rpc.Code. */
  grpcCode: GrpcCode;
}

/** What the hook knows of one request. */
export interface Attempt {
  /** E.g. `GET /users/:id`, so that two operations of one request do not share their entries. */
  operation: string;
  requestId: string | undefined;
  /** The header `x-fail`: `503,503,200`. */
  script: string | undefined;
  /** The header `x-envoy-attempt-count`, which the caller's sidecar counts from 1. */
  attemptCount: string | undefined;
}

/** Decides which requests fail. */
export interface FaultPlan {
  /** The fault for this attempt, or undefined to serve it. Throws `invalid-argument` for a script it cannot read. */
  next(attempt: Attempt): Fault | undefined;
}

/** The settings of a plan; defaults are those of `commonConfig`. */
export interface FaultPlanOptions {
  probability: number;
  seed: number;
  /** The latest request ids whose attempts are remembered. @default 10000 */
  maxRequests?: number;
}

const maxEntries = 64;
const maxRequestIdLength = 128;
// The HTTP status of a gRPC code, as google/rpc/code.proto pairs them. Names, and only the type of grpc-js: loading that
// library would cost services that speak only HTTP half of their start.
const httpStatusOf: Readonly<Partial<Record<GrpcCode, number>>> = {
  OK: 200,
  CANCELLED: 499,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  ABORTED: 409,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  UNAUTHENTICATED: 401,
};
const faultsByCode = new Map(
  Object.entries(httpStatusOf).map(([code, httpStatus]) => [
    code,
    { httpStatus, grpcCode: code as GrpcCode },
  ]),
);
const codeOfHttpStatus = new Map(
  [...faultsByCode.values()].map(({ httpStatus, grpcCode }) => [httpStatus, grpcCode]),
);

/**
 * The deterministic fault hook. With `x-fail`, the nth attempt of one request gets the nth entry and the last entry
 * repeats; without it, a seeded draw decides. Attempts are counted by request id and operation in this process; where
 * replicas share a request's attempts, the sidecar's own count puts each replica's count right.
 */
export function createFaultPlan(options: FaultPlanOptions): FaultPlan {
  const { probability, seed, maxRequests = 10_000 } = options;
  const attempts = createBoundedMap<number>(maxRequests);
  const draw = seededRandom(seed);

  const countAttempt = (attempt: Attempt): number => {
    const counted = Number(attempt.attemptCount ?? 1);
    const fromSidecar = Number.isInteger(counted) && counted > 0 ? counted : 1;
    const id = attempt.requestId;
    if (id === undefined || id.length > maxRequestIdLength) return fromSidecar;
    const key = `${attempt.operation} ${id}`;
    const count = Math.max((attempts.get(key) ?? 0) + 1, fromSidecar);
    attempts.set(key, count);
    return count;
  };

  return {
    next(attempt) {
      if (attempt.script === undefined) {
        return probability > 0 && draw() < probability ? parseFault('503') : undefined;
      }
      const entries = attempt.script.split(',', maxEntries + 1);
      if (entries.length > maxEntries) {
        throw new ServiceError('invalid-argument', `x-fail has more than ${maxEntries} entries`);
      }
      const faults = entries.map((entry) => parseFault(entry.trim()));
      return faults[Math.min(countAttempt(attempt), faults.length) - 1];
    },
  };
}

/** Numbers from 0 (included) to 1 (excluded), the same for the same seed: mulberry32 (Tommy Ettinger, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

function parseFault(entry: string): Fault | undefined {
  const named = faultsByCode.get(entry.toUpperCase());
  if (named === undefined && !/^[2-5][0-9][0-9]$/.test(entry)) {
    throw new ServiceError(
      'invalid-argument',
      `x-fail entry '${entry}' is neither an HTTP status nor a gRPC code`,
    );
  }
  const httpStatus = named?.httpStatus ?? Number(entry);
  if (httpStatus < 400) return undefined;
  return named ?? { httpStatus, grpcCode: codeOfHttpStatus.get(httpStatus) ?? 'UNKNOWN' };
}
