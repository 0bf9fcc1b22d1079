/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
/** A JSON object; Envoy messages are written in protojson with lowerCamelCase keys, as Istio prints them. */
export type JsonObject = { [key: string]: Json };

/** Whether a JSON value is an object: neither a list nor null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
