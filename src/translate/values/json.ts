import type { Json, JsonObject } from '../../json.ts';

/** An object without the fields that are undefined: protojson leaves out what is not set. */
export function object(fields: Record<string, Json | undefined>): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) result[key] = value;
  }
  return result;
}

/** The list, or undefined when it is empty: protojson leaves out an empty repeated field. */
export function nonEmpty<T extends Json>(list: T[]): T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** A `google.protobuf.Any` of an Envoy message, e.g. `envoy.extensions.filters.http.router.v3.Router`. */
export function any(type: string, fields: Record<string, Json | undefined> = {}): JsonObject {
  return object({ '@type': `type.googleapis.com/${type}`, ...fields });
}

/** A named extension with its configuration, as filters and the like are written. */
export function extension(
  name: string,
  type: string,
  fields: Record<string, Json | undefined> = {},
): JsonObject {
  return { name, typedConfig: any(type, fields) };
}
