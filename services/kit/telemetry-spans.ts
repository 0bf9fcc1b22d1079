import {
  type Attributes,
  type Histogram,
  metrics,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_RPC_METHOD,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
  METRIC_HTTP_CLIENT_REQUEST_DURATION,
  METRIC_HTTP_SERVER_REQUEST_DURATION,
  METRIC_RPC_CLIENT_CALL_DURATION,
  METRIC_RPC_SERVER_CALL_DURATION,
} from '@opentelemetry/semantic-conventions';
import type { CallOutcome, Edge, ObservedCall, Telemetry, TraceCarrier } from './telemetry.ts';

const scope = 'windtunnel-kit';

const metricOf: Record<Edge, string> = {
  'http-server': METRIC_HTTP_SERVER_REQUEST_DURATION,
  'http-client': METRIC_HTTP_CLIENT_REQUEST_DURATION,
  'grpc-server': METRIC_RPC_SERVER_CALL_DURATION,
  'grpc-client': METRIC_RPC_CLIENT_CALL_DURATION,
};

/** Upper ends of the histogram's buckets in seconds: those that the semantic conventions advise for both protocols. */
const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** gRPC statuses that are the server's own fault; the others are the caller's (semantic conventions for gRPC). */
const grpcServerFaults = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

const carrierAccess = {
  get: (carrier: TraceCarrier, name: string) => carrier.get(name),
  set: (carrier: TraceCarrier, name: string, value: string) => carrier.set(name, value),
  keys: (carrier: TraceCarrier) => carrier.names(),
};

/**
 * Telemetry by the SDK that is registered with the OpenTelemetry API: names and attributes are those of the stable
 * semantic conventions for HTTP and RPC.
 */
export function createOpenTelemetry(): Telemetry {
  const tracer = trace.getTracer(scope);
  const meter = metrics.getMeter(scope);
  const histograms = Object.fromEntries(
    Object.entries(metricOf).map(([edge, name]): [string, Histogram] => [
      edge,
      meter.createHistogram(name, {
        unit: 's',
        description: `Duration of the requests at the edge ${edge}`,
        advice: { explicitBucketBoundaries: bucketsSeconds },
      }),
    ]),
  ) as Record<Edge, Histogram>;
  return {
    begin(call, carrier) {
      const startedMs = performance.now();
      const shared = sharedAttributes(call);
      const parent = propagation.extract(ROOT_CONTEXT, carrier, carrierAccess);
      const span = tracer.startSpan(
        spanName(call),
        {
          kind: call.edge.endsWith('server') ? SpanKind.SERVER : SpanKind.CLIENT,
          attributes: { ...shared, ...spanAttributes(call) },
        },
        parent,
      );
      propagation.inject(trace.setSpan(parent, span), carrier, carrierAccess);
      let ended = false;
      return {
        end(outcome) {
          if (ended) return;
          ended = true;
          const result = resultAttributes(call.edge, outcome);
          span.setAttributes(result);
          if (result[ATTR_ERROR_TYPE] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
          const seconds = (performance.now() - startedMs) / 1000;
          histograms[call.edge].record(seconds, { ...shared, ...result });
        },
      };
    },
  };
}

/** Few values each, as every combination of an attribute of metrics is a series of its own: no path, no id. */
function sharedAttributes(call: ObservedCall): Attributes {
  const attributes: Attributes = isHttp(call.edge)
    ? { [ATTR_HTTP_REQUEST_METHOD]: call.method, [ATTR_URL_SCHEME]: 'http' }
    : { [ATTR_RPC_SYSTEM_NAME]: 'grpc', [ATTR_RPC_METHOD]: call.method };
  if (call.route !== undefined) attributes[ATTR_HTTP_ROUTE] = call.route;
  if (call.address !== undefined) {
    const colon = call.address.lastIndexOf(':');
    attributes[ATTR_SERVER_ADDRESS] = call.address.slice(0, colon);
    attributes[ATTR_SERVER_PORT] = Number(call.address.slice(colon + 1));
  }
  return attributes;
}

/** What an outcome adds; `error.type` is there when it is a failure in the eyes of this edge. */
function resultAttributes(edge: Edge, { status, error }: CallOutcome): Attributes {
  const attributes: Attributes = {};
  if (status !== undefined) {
    attributes[isHttp(edge) ? ATTR_HTTP_RESPONSE_STATUS_CODE : ATTR_RPC_STATUS_CODE] = status;
  }
  if (error !== undefined) attributes[ATTR_ERROR_TYPE] = error;
  else if (status !== undefined && isFailure(edge, status)) {
    attributes[ATTR_ERROR_TYPE] = String(status);
  }
  return attributes;
}

function isFailure(edge: Edge, status: number | string): boolean {
  if (typeof status === 'number') return status >= (edge === 'http-server' ? 500 : 400);
  return edge === 'grpc-server' ? grpcServerFaults.has(status) : status !== 'OK';
}

function spanName({ edge, method, route }: ObservedCall): string {
  return isHttp(edge) && route !== undefined ? `${method} ${route}` : method;
}

function spanAttributes({ edge, path, address }: ObservedCall): Attributes {
  if (path === undefined) return {};
  if (edge === 'http-client') return { [ATTR_URL_FULL]: `http://${address}${path}` };
  return { [ATTR_URL_PATH]: path.split('?', 1)[0] ?? path };
}

function isHttp(edge: Edge): boolean {
  return edge.startsWith('http');
}
