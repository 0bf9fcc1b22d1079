import { randomUUID } from 'node:crypto';

/** What came of one call into the mesh. */
export interface CallOutcome {
  /** Whether it succeeded: a 2xx, or gRPC OK with an answer. */
  ok: boolean;
  /** The HTTP status, or the gRPC status code; undefined when there was no answer at all. */
  code: number | undefined;
  /** For people: `HTTP 200`, `gRPC OK`, `no answer`. */
  status: string;
  /** The messages or lines of the answer, decoded where they are JSON. */
  answers: unknown[];
  /** Why it is not ok. */
  problem: string | undefined;
  durationMs: number;
}

/** How one request can be found again in the logs of the mesh. */
export interface RequestContext {
  traceId: string;
  /** To be sent with it: Envoy's request id and W3C trace context, which services pass on. */
  headers: Record<string, string>;
}

/** A context for one new request. */
export function newRequestContext(uuid: () => string = randomUUID): RequestContext {
  const requestId = uuid();
  const traceId = requestId.replaceAll('-', '');
  const traceparent = `00-${traceId}-${traceId.slice(0, 16)}-01`;
  return { traceId, headers: { 'x-request-id': requestId, traceparent } };
}
