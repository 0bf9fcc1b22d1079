/** How a REST operation is asked for; a path may hold `{name}` segments. */
export type HttpMethod = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

/** gRPC's four kinds of method. */
export type GrpcKind = 'unary' | 'server-stream' | 'client-stream' | 'bidi';

/** Any JSON value. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** A value that an example takes from the JSON answer of another operation's example, which must run first. */
export interface TakenValue {
  /** `service.operation` */
  from: string;
  /** A field of its answer. */
  field: string;
}

/** `'/users/{id}'` → `'id'` */
export type PathParameter<Path extends string> =
  Path extends `${string}{${infer Name}}${infer Rest}` ? Name | PathParameter<Rest> : never;

/** One real request of a REST operation, and what a working service answers. */
export interface HttpExample<Path extends string = string> {
  params?: { readonly [Name in PathParameter<Path>]: string | TakenValue };
  /** Sent as `application/json`. */
  body?: JsonObject;
  /** Sent as `application/x-ndjson`, one line each. */
  lines?: readonly JsonObject[];
  /** @default 200 */
  status?: number;
  /** NDJSON lines of the answer to wait for before the call counts as proven and is ended. @default 0: the whole body */
  answerLines?: number;
}

/** An operation of a REST service. */
export interface HttpOperation {
  protocol: 'http';
  method: HttpMethod;
  path: string;
  /** Whether the request or the answer has no end of its own; only then a call may go without a deadline. */
  streaming: boolean;
  /** Whether doing it twice has the effect of doing it once; only then the mesh may retry it. */
  idempotent: boolean;
  example: HttpExample;
}

/** One real call of a gRPC method, and what a working service answers. */
export interface GrpcExample {
  /** Messages to send, as protobuf's JSON with the field names of the .proto file; one for unary and server-stream. */
  messages: readonly JsonObject[];
  /** Messages of the answer to wait for before the call counts as proven and is ended. @default 1 */
  answers?: number;
}

/** A method of a gRPC service. */
export interface GrpcOperation {
  protocol: 'grpc';
  kind: GrpcKind;
  idempotent: boolean;
  example: GrpcExample;
}

/** Either. */
export type Operation = HttpOperation | GrpcOperation;

type NeedsParams<Path extends string> = [PathParameter<Path>] extends [never]
  ? { params?: never }
  : { params: { readonly [Name in PathParameter<Path>]: string | TakenValue } };

/** Declares a REST operation; the example must name every `{parameter}` of the path. */
export function http<
  const Method extends HttpMethod,
  const Path extends `/${string}`,
  const Idempotent extends boolean,
  const Streaming extends boolean = false,
>(declaration: {
  method: Method;
  path: Path;
  idempotent: Idempotent;
  /** @default false */
  streaming?: Streaming;
  example: Omit<HttpExample<Path>, 'params'> & NeedsParams<Path>;
}): HttpOperation & { method: Method; path: Path; idempotent: Idempotent; streaming: Streaming } {
  return {
    protocol: 'http',
    method: declaration.method,
    path: declaration.path,
    idempotent: declaration.idempotent,
    streaming: (declaration.streaming ?? false) as Streaming,
    example: declaration.example,
  };
}

/** Declares a gRPC method; its name is the key it is declared under. */
export function grpc<const Kind extends GrpcKind, const Idempotent extends boolean>(declaration: {
  kind: Kind;
  idempotent: Idempotent;
  example: GrpcExample;
}): GrpcOperation & { kind: Kind; idempotent: Idempotent } {
  return { protocol: 'grpc', ...declaration };
}
