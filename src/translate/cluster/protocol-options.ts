import type { PortProtocol } from '../../manifests/world.ts';
import { isHttp2 } from '../../manifests/port-protocol.ts';
import type { Json, JsonObject } from '../../json.ts';
import { any, object } from '../values/json.ts';

/** The parts of Envoy's HttpProtocolOptions that different settings contribute to. */
export interface HttpProtocolParts {
  /** What the upstream speaks; undefined: HTTP/1.1, Envoy's default. */
  upstream: 'http2' | 'downstream' | undefined;
  /** `commonHttpProtocolOptions`: idle timeout, requests a connection, life of a connection. */
  common: JsonObject;
  /** Within `http2ProtocolOptions`; used only where the upstream speaks HTTP/2. */
  http2: JsonObject;
  /** `upstreamHttpProtocolOptions`: automatic SNI and SAN of TLS. */
  tls: JsonObject;
  /** Whether the options are written even if nothing else is set: `{}` would mean Envoy's defaults just the same. */
  isForced: boolean;
}

/** What a port's protocol alone decides: HTTP/2 for gRPC and HTTP/2, what the caller spoke where the protocol is sniffed. */
export function protocolParts(
  protocol: PortProtocol,
  proxyType: 'sidecar' | 'gateway',
): HttpProtocolParts {
  const upstream = isHttp2(protocol)
    ? 'http2'
    : protocol === 'auto' && proxyType === 'sidecar'
      ? 'downstream'
      : undefined;
  return { upstream, common: {}, http2: {}, tls: {}, isForced: false };
}

const key = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** `typedExtensionProtocolOptions` of a cluster; undefined when nothing differs from Envoy's defaults. */
export function protocolOptions(parts: HttpProtocolParts): Json | undefined {
  const isEmpty =
    parts.upstream === undefined &&
    Object.keys(parts.common).length === 0 &&
    Object.keys(parts.tls).length === 0 &&
    !parts.isForced;
  if (isEmpty) return undefined;
  const options = object({
    commonHttpProtocolOptions:
      Object.keys(parts.common).length === 0 && !parts.isForced ? undefined : parts.common,
    upstreamHttpProtocolOptions: Object.keys(parts.tls).length === 0 ? undefined : parts.tls,
    ...upstreamField(parts),
  });
  return { [key]: any(key, options) };
}

function upstreamField({ upstream, http2 }: HttpProtocolParts): JsonObject {
  switch (upstream) {
    case 'http2':
      return { explicitHttpConfig: { http2ProtocolOptions: http2 } };
    case 'downstream':
      return { useDownstreamProtocolConfig: { httpProtocolOptions: {}, http2ProtocolOptions: {} } };
    default:
      return { explicitHttpConfig: { httpProtocolOptions: {} } };
  }
}
