import type { JsonObject } from '../envoy.ts';

/** Where Istio's agent serves secrets from; the local mesh puts its own source in its place. */
const agentSds: JsonObject = {
  apiConfigSource: {
    apiType: 'GRPC',
    transportApiVersion: 'V3',
    grpcServices: [{ envoyGrpc: { clusterName: 'sds-grpc' } }],
    setNodeOnFirstMessageOnly: true,
  },
  initialFetchTimeout: '0s',
  resourceApiVersion: 'V3',
};

/** The secret that holds a workload's own certificate. */
export const workloadSecret: JsonObject = { name: 'default', sdsConfig: agentSds };

/** The secret that holds the mesh's root certificate. */
export const rootSecret: JsonObject = { name: 'ROOTCA', sdsConfig: agentSds };

/** Ciphers that Istio allows for TLS 1.2. */
const cipherSuites = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
];

/**
 * The transport socket of an inbound filter chain: mutual TLS by the mesh's own identities, any identity of the trust
 * domain (who may do what is for AuthorizationPolicy to say).
 *
 * @param protocol what goes through the chain; TCP offers Istio's own ALPN name first
 */
export function inboundMutualTls(trustDomain: string, protocol: 'http' | 'tcp'): JsonObject {
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      commonTlsContext: {
        tlsParams: {
          tlsMinimumProtocolVersion: 'TLSv1_2',
          tlsMaximumProtocolVersion: 'TLSv1_3',
          cipherSuites,
        },
        tlsCertificateSdsSecretConfigs: [workloadSecret],
        combinedValidationContext: {
          defaultValidationContext: {
            matchSubjectAltNames: [{ prefix: `spiffe://${trustDomain}/` }],
          },
          validationContextSdsSecretConfig: rootSecret,
        },
        alpnProtocols:
          protocol === 'tcp' ? ['istio-peer-exchange', 'h2', 'http/1.1'] : ['h2', 'http/1.1'],
      },
      requireClientCertificate: true,
    },
  };
}
