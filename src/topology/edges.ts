import type { GrpcOperation, HttpOperation, Operation } from './operations.ts';
import type { OperationAt, OperationName, ServiceDeclarations } from './services.ts';

/**
 * Conditions of Envoy's `x-envoy-retry-on` that mean something for HTTP, or a status code.
 * `reset-before-request` is the safe part of `reset`: the request had not been sent.
 */
export type HttpRetryOn =
  | '5xx'
  | 'gateway-error'
  | 'reset'
  | 'reset-before-request'
  | 'connect-failure'
  | 'refused-stream'
  | 'retriable-4xx'
  | `${4 | 5}${number}`;

/**
 * Conditions of Envoy's `x-envoy-retry-grpc-on`, and those of HTTP that concern the connection.
 * Conditions on the HTTP status are not among them: a failed gRPC call has status 200.
 */
export type GrpcRetryOn =
  | 'cancelled'
  | 'deadline-exceeded'
  | 'internal'
  | 'resource-exhausted'
  | 'unavailable'
  | 'reset'
  | 'reset-before-request'
  | 'connect-failure'
  | 'refused-stream';

/** A retry policy, as Istio's `HTTPRetry` has it. */
export interface Retry<On extends string = string> {
  /** Retries after the first try: `attempts: 2` is up to three tries. */
  attempts: number;
  /** Deadline of each try, the first included. */
  perTryTimeoutMs: number;
  on: readonly [On, ...On[]];
}

/** A retry budget, as Envoy's `RetryBudget` has it: it bounds what retries add to the load of the callee. */
export interface RetryBudget {
  /** Retries that may be under way, as a percentage of the requests under way. */
  percent: number;
  /** Retries that may be under way in any case: without it, a quiet service could never retry. */
  minRetryConcurrency: number;
}

/** How long a call may take as a whole; `none` is for streams that have no end. */
export type Deadline = number | 'none';

declare const problem: unique symbol;

/** A type nothing is assignable to; its text is what the compiler shows. */
export interface Refused<Text extends string> {
  readonly [problem]: Text;
}

/** Splits `caller->service.operation`. */
type Split<Id extends string> = Id extends `${infer From}->${infer To}` ? [From, To] : never;

type RetryOnOf<Op extends Operation> = Op extends GrpcOperation ? GrpcRetryOn : HttpRetryOn;

type Streaming<Op extends Operation> = Op extends { kind: 'unary' }
  ? false
  : Op extends GrpcOperation
    ? true
    : Op extends HttpOperation & { streaming: true }
      ? true
      : false;

/** Of the ids of edges, those whose call may be repeated without harm: unary, of an idempotent operation. */
export type RepeatableEdge<
  Services extends ServiceDeclarations,
  Id extends string,
> = Id extends `${string}->${infer To}`
  ? OperationAt<Services, To> extends infer Op extends Operation
    ? Op extends { idempotent: true }
      ? Streaming<Op> extends false
        ? Id
        : never
      : never
    : never
  : never;

type NoRetry<Text extends string> = { retry?: Refused<Text>; budget?: Refused<Text> };

type RetryOf<Op extends Operation> = Op extends { idempotent: false }
  ? NoRetry<'a retry needs an operation that is declared idempotent'>
  : Streaming<Op> extends true
    ? NoRetry<'a stream cannot be retried by the mesh: what was sent cannot be sent again'>
    :
        | { retry: Retry<RetryOnOf<Op>>; budget: RetryBudget }
        | { retry?: never; budget?: Refused<'a budget bounds retries, and there is none'> };

/** The deadline that an operation may be called with. */
export type DeadlineOf<Op extends Operation> = Streaming<Op> extends true ? Deadline : number;

/** What may be declared for the edge `caller->service.operation`; a {@link Refused} where the name is wrong. */
export type EdgeDeclaration<Services extends ServiceDeclarations, Id extends string> = [
  Split<Id>,
] extends [never]
  ? Refused<'an edge is named caller->service.operation'>
  : Split<Id> extends [infer From extends string, infer To extends string]
    ? NamedEdge<Services, From, To>
    : never;

type NamedEdge<
  Services extends ServiceDeclarations,
  From extends string,
  To extends string,
> = From extends keyof Services
  ? [OperationAt<Services, To>] extends [never]
    ? Refused<`no service declares the operation "${To}"`>
    : {
        /** Operations of the caller that make this call; several edges of one operation are made one after another. */
        during: readonly [OperationName<Services, From>, ...OperationName<Services, From>[]];
        deadlineMs: DeadlineOf<OperationAt<Services, To>>;
      } & RetryOf<OperationAt<Services, To>>
  : Refused<`no service is called "${From}"`>;
