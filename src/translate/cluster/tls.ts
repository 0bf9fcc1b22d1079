import { asRecord, asString, asStrings } from '../../manifests/fields.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { any, object } from '../values/json.ts';
import { secret } from '../values/sds.ts';

/** What decides how a cluster's connections are secured. */
export interface TlsInput {
  /** `tls` of the traffic policy; undefined: automatic mutual TLS. */
  settings: Spec | undefined;
  /** Whether endpoints in the mesh are to be reached by mutual TLS when `settings` are absent. */
  isAutomatic: boolean;
  /** SPIFFE ids that the endpoints may have. */
  serviceAccounts: string[];
  /** SNI of mutual TLS. */
  sni: string;
  isHttp2: boolean;
  /** Whether the cluster sends to the address that was dialled: then endpoints carry no metadata to choose by. */
  isOriginalDestination: boolean;
  isServiceEntry: boolean;
}

/** A cluster's `transportSocket` or `transportSocketMatches`, and what TLS adds to its HTTP options. */
export interface ClusterTls {
  fields: Record<string, Json>;
  httpOptions: JsonObject;
}

const plain: ClusterTls = { fields: {}, httpOptions: {} };

/** TLS of a cluster, by the DestinationRule's `tls`, else mutual TLS to those endpoints that have a sidecar. */
export function clusterTls(input: TlsInput): ClusterTls {
  if (input.settings === undefined) return input.isAutomatic ? automatic(input) : plain;
  switch (asString(input.settings.mode) ?? 'DISABLE') {
    case 'ISTIO_MUTUAL': {
      const names = asStrings(input.settings.subjectAltNames);
      const sni = asString(input.settings.sni) ?? '';
      const context = mutual({
        ...input,
        serviceAccounts: names.length === 0 ? input.serviceAccounts : names,
        sni: sni === '' ? input.sni : sni,
      });
      return { fields: { transportSocket: context }, httpOptions: {} };
    }
    case 'SIMPLE':
      return originated(input, input.settings, false);
    case 'MUTUAL':
      return originated(input, input.settings, true);
    default:
      return plain;
  }
}

function automatic(input: TlsInput): ClusterTls {
  const context = mutual(input);
  if (input.isOriginalDestination) return { fields: { transportSocket: context }, httpOptions: {} };
  const rawBuffer = {
    name: 'envoy.transport_sockets.raw_buffer',
    typedConfig: any('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'),
  };
  const transportSocketMatches: JsonObject[] = [
    { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: context },
    { name: 'tlsMode-disabled', match: {}, transportSocket: rawBuffer },
  ];
  return { fields: { transportSocketMatches }, httpOptions: {} };
}

const tlsParams = { tlsMinimumProtocolVersion: 'TLSv1_2', tlsMaximumProtocolVersion: 'TLSv1_3' };

function tlsSocket(commonTlsContext: JsonObject, sni: string): JsonObject {
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: any('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
      commonTlsContext,
      sni: sni === '' ? undefined : sni,
    }),
  };
}

/** Mutual TLS with the mesh's own identities. */
function mutual({ serviceAccounts, sni, isHttp2 }: TlsInput): JsonObject {
  const protocols = ['istio-peer-exchange', 'istio'];
  return tlsSocket(
    {
      tlsParams,
      tlsCertificateSdsSecretConfigs: [secret('default')],
      combinedValidationContext: {
        defaultValidationContext: names(serviceAccounts),
        validationContextSdsSecretConfig: secret('ROOTCA'),
      },
      alpnProtocols: isHttp2 ? [...protocols, 'h2'] : protocols,
    },
    sni,
  );
}

/** TLS to a server outside the mesh, by the system's or given authorities, with a client certificate when `mutual`. */
function originated(input: TlsInput, settings: Spec, isMutual: boolean): ClusterTls {
  // Istio ignores credentialName in a sidecar unless the rule has a workloadSelector; checkSupported refuses it.
  if (asString(settings.credentialName)) return plain;
  const sni = asString(settings.sni) ?? '';
  const given = asStrings(settings.subjectAltNames);
  const skips = settings.insecureSkipVerify === true;
  const httpOptions = object({
    autoSni: sni === '' ? true : undefined,
    autoSanValidation: sni === '' && given.length === 0 && !skips ? true : undefined,
  });
  const expected = given.length === 0 && input.isServiceEntry ? input.serviceAccounts : given;
  const files = [asString(settings.clientCertificate), asString(settings.privateKey)].join('~');
  const authorities = asString(settings.caCertificates) || 'system';
  const revoked = asString(settings.caCrl);
  const verification: JsonObject = skips
    ? { validationContext: {} }
    : {
        combinedValidationContext: {
          defaultValidationContext: object({
            ...names(expected),
            crl: revoked === undefined ? undefined : { filename: revoked },
          }),
          validationContextSdsSecretConfig: secret(`file-root:${authorities}`),
        },
      };
  const common = object({
    tlsParams,
    tlsCertificateSdsSecretConfigs: isMutual ? [secret(`file-cert:${files}`)] : undefined,
    ...verification,
    alpnProtocols: input.isHttp2 ? ['h2'] : undefined,
  });
  return { fields: { transportSocket: tlsSocket(common, sni) }, httpOptions };
}

function names(accepted: string[]): JsonObject {
  if (accepted.length === 0) return {};
  return { matchSubjectAltNames: accepted.map((exact) => ({ exact })) };
}

/** The mode of a `tls` block; undefined when there is no block. */
export function tlsMode(settings: unknown): string | undefined {
  return settings === undefined ? undefined : (asString(asRecord(settings).mode) ?? 'DISABLE');
}
