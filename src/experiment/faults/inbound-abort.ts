import type { ResourceBody } from '../resource.ts';

/** The sidecar of the callee answers instead of the service, with a probability, independently for each attempt. */
export interface InboundAbort {
  type: 'inbound-abort';
  /** The callee. */
  service: string;
  namespace: string;
  /** Of one attempt; 0 to 1, in steps of a millionth. */
  probability: number;
  /** What the caller's sidecar gets: an HTTP status, or for gRPC a status in Trailers-Only form. */
  answer: { httpStatus: number } | { grpcStatus: number };
}

/**
 * An EnvoyFilter that merges a fault configuration into the inbound route of the callee. Istio puts an inert fault filter
 * into every inbound chain, and configuration on the route reaches it. Whether that holds for connections that are open
 * already is the target's matter: see Target.changesReachOpenConnections.
 * The header condition keeps the blast radius to the experiment's own requests: other callers never see the fault.
 */
export function compileInboundAbort(fault: InboundAbort, requestIdPrefix: string): ResourceBody {
  const { service, namespace, probability, answer } = fault;
  const status =
    'httpStatus' in answer
      ? { http_status: answer.httpStatus }
      : { grpc_status: answer.grpcStatus };
  const percentage = { numerator: Math.round(probability * 1_000_000), denominator: 'MILLION' };
  const httpFault = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
    abort: { ...status, percentage },
    headers: [{ name: 'x-request-id', string_match: { prefix: requestIdPrefix } }],
  };
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: {
      name: `windtunnel-fault-${service}`,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'windtunnel' },
    },
    spec: {
      workloadSelector: { labels: { app: service } },
      configPatches: [
        {
          applyTo: 'HTTP_ROUTE',
          match: { context: 'SIDECAR_INBOUND' },
          patch: {
            operation: 'MERGE',
            value: { typed_per_filter_config: { 'envoy.filters.http.fault': httpFault } },
          },
        },
      ],
    },
  };
}
