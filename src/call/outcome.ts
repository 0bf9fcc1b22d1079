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

/** Headers that a request carries from hop to hop: Envoy's request id, and W3C trace context. */
export function contextHeaders(requestId: string): Record<string, string> {
  const trace = requestId.replaceAll('-', '');
  return { 'x-request-id': requestId, traceparent: `00-${trace}-${trace.slice(0, 16)}-01` };
}

/** A new id for one request. */
export const newRequestId = (): string => randomUUID();
