import { createHash } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import type { ProtoJson } from '../../protobuf/protojson.ts';

/** The discovery services, in the order in which a change is sent: what is referred to before what refers to it. */
export const discoveryTypes = ['cds', 'eds', 'sds', 'lds', 'rds', 'ecds'] as const;
/** One of {@link discoveryTypes}. */
export type DiscoveryType = (typeof discoveryTypes)[number];

const messages: Record<DiscoveryType, string> = {
  cds: 'envoy.config.cluster.v3.Cluster',
  eds: 'envoy.config.endpoint.v3.ClusterLoadAssignment',
  sds: 'envoy.extensions.transport_sockets.tls.v3.Secret',
  lds: 'envoy.config.listener.v3.Listener',
  rds: 'envoy.config.route.v3.RouteConfiguration',
  ecds: 'envoy.config.core.v3.TypedExtensionConfig',
};

/** `type.googleapis.com/MESSAGE` of a discovery service. */
export function typeUrl(type: DiscoveryType): string {
  return `type.googleapis.com/${messages[type]}`;
}

/** The discovery service of a type URL; undefined for one that is not served. */
export function typeOf(url: string): DiscoveryType | undefined {
  return discoveryTypes.find((type) => typeUrl(type) === url);
}

/** All that one proxy gets: protojson by name (a cluster's, a listener's, a secret's …). */
export type ProxyConfig = Record<DiscoveryType, Map<string, JsonObject>>;

/** A {@link ProxyConfig} without anything in it. */
export function emptyConfig(): ProxyConfig {
  return {
    cds: new Map(),
    eds: new Map(),
    sds: new Map(),
    lds: new Map(),
    rds: new Map(),
    ecds: new Map(),
  };
}

/** A resource in binary, with a hash by which two are compared. */
export interface EncodedResource {
  hash: string;
  bytes: Uint8Array;
}

/** {@link ProxyConfig} in binary. */
export type EncodedConfig = Record<DiscoveryType, Map<string, EncodedResource>>;

/** Encodes configurations; throws `rejected`, with `nodeId`, resource and path, for what Envoy's API lacks. */
export interface ResourceEncoder {
  encode(nodeId: string, config: ProxyConfig): EncodedConfig;
}

const maxCached = 5000;

/** Makes a {@link ResourceEncoder} that remembers what it encoded: most resources stay as they are over an edit. */
export function createResourceEncoder(proto: ProtoJson): ResourceEncoder {
  const cache = new Map<string, EncodedResource>();
  const encodeOne = (type: DiscoveryType, json: JsonObject, where: string): EncodedResource => {
    const key = `${type} ${JSON.stringify(json)}`;
    const known = cache.get(key);
    if (known) return known;
    const bytes = proto.encode(messages[type], json, where);
    const encoded = { hash: createHash('sha256').update(key).digest('base64url'), bytes };
    if (cache.size >= maxCached) cache.clear();
    cache.set(key, encoded);
    return encoded;
  };
  return {
    encode: (nodeId, config) =>
      Object.fromEntries(
        discoveryTypes.map((type) => [
          type,
          new Map(
            [...config[type]].map(([name, json]) => [
              name,
              encodeOne(type, json, `${nodeId}: ${type} ${name}`),
            ]),
          ),
        ]),
      ) as EncodedConfig,
  };
}
