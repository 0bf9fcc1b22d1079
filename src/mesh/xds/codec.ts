import { WindtunnelError } from '../../errors.ts';
import type { Schema } from '../../protobuf/schema.ts';
import type { DiscoveryRequest, DiscoveryResponse } from './proxy-stream.ts';
import { typeOf, typeUrl } from './resources.ts';

/** The wire form of discovery. */
export interface DiscoveryCodec {
  /** The node is only in a stream's first request; `request` is undefined for a type that is not served. */
  decode(bytes: Buffer): { nodeId: string; request: DiscoveryRequest | undefined };
  encode(response: DiscoveryResponse): Buffer;
}

/** Makes a {@link DiscoveryCodec} over Envoy's API. */
export function createDiscoveryCodec(schema: Schema): DiscoveryCodec {
  const requestType = schema.find('envoy.service.discovery.v3.DiscoveryRequest');
  const responseType = schema.find('envoy.service.discovery.v3.DiscoveryResponse');
  if (!requestType || !responseType) {
    throw new WindtunnelError('internal', "no discovery messages in Envoy's API");
  }
  return {
    decode: (bytes: Buffer): { nodeId: string; request: DiscoveryRequest | undefined } => {
      const message = requestType.toObject(requestType.decode(bytes), { arrays: true });
      const type = typeOf(String(message.type_url));
      const request = type && {
        type,
        names: (message.resource_names ?? []) as string[],
        nonce: String(message.response_nonce ?? ''),
        error: message.error_detail ? String(message.error_detail.message ?? 'unknown') : undefined,
      };
      return { nodeId: String(message.node?.id ?? ''), request };
    },
    encode: ({ type, version, nonce, resources }: DiscoveryResponse): Buffer => {
      const url = typeUrl(type);
      return Buffer.from(
        responseType
          .encode({
            version_info: version,
            nonce,
            type_url: url,
            resources: resources.map(({ bytes }) => ({ type_url: url, value: bytes })),
          })
          .finish(),
      );
    },
  };
}
