import type { IncomingHttpHeaders } from 'node:http';

/**
 * Headers that a service hands on from the call it serves to the calls it makes: the mesh cannot, since it does not know
 * which outgoing call belongs to which incoming one (istio.io, "Distributed tracing FAQ": headers to propagate).
 * Deadlines are not among them: `grpc-timeout` and `x-envoy-expected-rq-timeout-ms` tell the time left on one hop,
 * and the mesh writes them anew on the next.
 */
const forwardedHeaders = [
  'x-request-id',
  'traceparent',
  'tracestate',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'x-fail',
] as const;

/** The headers of one incoming call that its outgoing calls carry; names in lower case. */
export type CallContext = Readonly<Record<string, string>>;

/** The context of an HTTP request. `requestId` is what the server gave it: its `x-request-id`, or a new one. */
export function contextOfRequest(request: {
  id: string;
  headers: IncomingHttpHeaders;
}): CallContext {
  const context: Record<string, string> = {};
  for (const name of forwardedHeaders) {
    const value = request.headers[name];
    if (typeof value === 'string') context[name] = value;
  }
  context['x-request-id'] = request.id;
  return context;
}
