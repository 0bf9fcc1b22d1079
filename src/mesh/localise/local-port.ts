import { type Json, type JsonObject, isObject } from '../../json.ts';
import { object, text } from './json.ts';

/** What no connection has: port 0 cannot be listened on. */
const noPort = 0;

/**
 * An authorization filter (HTTP or network) for a listener that stands for `port` of a pod but listens on `localPort`: rules
 * that name a port mean the pod's, Envoy compares them with the one that was dialled.
 */
export function withLocalPort(filter: JsonObject, port: number, localPort: number): JsonObject {
  if (!text(object(filter.typedConfig)['@type']).endsWith('.RBAC')) return filter;
  return withPort(filter, port, localPort) as JsonObject;
}

function withPort(json: Json, port: number, localPort: number): Json {
  if (Array.isArray(json)) return json.map((item) => withPort(item, port, localPort));
  if (!isObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      key === 'destinationPort'
        ? value === port
          ? localPort
          : noPort
        : withPort(value, port, localPort),
    ]),
  );
}
