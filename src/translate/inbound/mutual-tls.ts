import type { JsonObject } from '../../json.ts';
import { secret } from '../values/sds.ts';

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
        tlsCertificateSdsSecretConfigs: [secret('default')],
        combinedValidationContext: {
          defaultValidationContext: {
            matchSubjectAltNames: [{ prefix: `spiffe://${trustDomain}/` }],
          },
          validationContextSdsSecretConfig: secret('ROOTCA'),
        },
        alpnProtocols:
          protocol === 'tcp' ? ['istio-peer-exchange', 'h2', 'http/1.1'] : ['h2', 'http/1.1'],
      },
      requireClientCertificate: true,
    },
  };
}
