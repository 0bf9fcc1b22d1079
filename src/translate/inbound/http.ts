import type { PortProtocol } from '../../manifests/world.ts';
import { isHttp2 } from '../../manifests/port-protocol.ts';
import type { JsonObject } from '../../json.ts';
import { httpFilters, httpManager } from '../listener/http-manager.ts';
import { object } from '../values/json.ts';

/** What an inbound HTTP filter chain leads to. */
export interface InboundHttp {
  cluster: string;
  /** Port of the Service; 0 for traffic to a port that no Service declares. */
  servicePort: number;
  protocol: PortProtocol;
  statPrefix: string;
  /** Filters that authenticate and authorize, in front of all others. */
  securityFilters: JsonObject[];
}

/**
 * The HTTP connection manager of an inbound chain: one route to the workload itself, no timeout (the caller's route
 * has it), and two retries of requests that were never sent, save for gRPC, whose streams they would break.
 */
export function inboundHttpManager(http: InboundHttp): JsonObject {
  return httpManager({
    statPrefix: http.statPrefix,
    routeConfig: inboundRoutes(http),
    httpFilters: httpFilters(http.securityFilters, http.protocol === 'grpc-web'),
    http2ProtocolOptions: isHttp2(http.protocol) ? {} : undefined,
    serverName: 'istio-envoy',
    useRemoteAddress: false,
    forwardClientCertDetails: 'APPEND_FORWARD',
    setCurrentClientCertDetails: { subject: true, dns: true, uri: true },
  });
}

function inboundRoutes({ cluster, servicePort, protocol }: InboundHttp): JsonObject {
  const isGrpc = protocol === 'grpc' || protocol === 'grpc-web';
  const route = object({
    cluster,
    timeout: '0s',
    retryPolicy: isGrpc ? undefined : { retryOn: 'reset-before-request', numRetries: 2 },
    maxStreamDuration: { maxStreamDuration: '0s', grpcTimeoutHeaderMax: '0s' },
  });
  return {
    name: cluster,
    virtualHosts: [
      {
        name: `inbound|http|${servicePort}`,
        domains: ['*'],
        routes: [{ name: 'default', match: { prefix: '/' }, route }],
      },
    ],
    validateClusters: false,
  };
}
