import type protobuf from 'protobufjs';
import type { Json, JsonObject } from '../../translate/envoy.ts';
import { badJson } from './bad-json.ts';
import { fieldTable } from './field-table.ts';
import { scalar } from './scalar.ts';
import type { Schema } from './schema.ts';
import { wellKnown } from './well-known.ts';

/** Turns protojson into protobuf's binary form. */
export interface ProtoJson {
  /**
   * Encodes `json` as message `typeName`. A field, type or enum value that the API does not have is an error
   * `rejected` that names the path from `where` on: Envoy itself would drop it in silence.
   */
  encode(typeName: string, json: JsonObject, where?: string): Uint8Array;
  /** Decodes `bytes` of message `typeName` into an object with snake_case keys; integers of 64 bits as strings. */
  decode(typeName: string, bytes: Uint8Array): Record<string, unknown>;
  /** Encodes an object that carries `@type` into `google.protobuf.Any`'s parts. */
  any(json: JsonObject, where?: string): { type_url: string; value: Uint8Array };
}

const typePrefix = 'type.googleapis.com/';
const maxDepth = 100;

const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** Makes a {@link ProtoJson} over `schema`, by protobuf's JSON mapping (protobuf.dev/programming-guides/json). */
export function createProtoJson(schema: Schema): ProtoJson {
  const type = (name: string, where: string): protobuf.Type => {
    const found = schema.find(name);
    if (!found) throw badJson(where, `Envoy's API has no message ${name}`);
    return found;
  };

  const single = (field: protobuf.Field, json: Json, where: string, depth: number): unknown => {
    field.resolve();
    const resolved = field.resolvedType;
    if (!resolved) return scalar(field.type, json, where);
    if ('values' in resolved) {
      const value = typeof json === 'string' ? resolved.values[json] : json;
      if (typeof value !== 'number') {
        throw badJson(where, `${resolved.name} has no value ${JSON.stringify(json)}`);
      }
      return value;
    }
    return message(resolved, json, where, depth + 1);
  };

  const value = (field: protobuf.Field, json: Json, where: string, depth: number): unknown => {
    if (field.map) {
      if (!isObject(json)) throw badJson(where, 'must be an object');
      return Object.fromEntries(
        Object.entries(json).map(([key, item]) => [
          key,
          single(field, item, `${where}[${JSON.stringify(key)}]`, depth),
        ]),
      );
    }
    if (field.repeated) {
      if (!Array.isArray(json)) throw badJson(where, 'must be a list');
      return json.map((item, index) => single(field, item, `${where}[${index}]`, depth));
    }
    return single(field, json, where, depth);
  };

  const message = (target: protobuf.Type, json: Json, where: string, depth: number): object => {
    if (depth > maxDepth) throw badJson(where, `nested deeper than ${maxDepth}`);
    const name = target.fullName.slice(1);
    if (name === 'google.protobuf.Any') return anyParts(json, where, depth);
    const special = wellKnown(name, json, where);
    if (special) return special;
    if (!isObject(json)) throw badJson(where, `must be an object (${name})`);
    const table = fieldTable(target);
    const result: Record<string, unknown> = {};
    const chosen = new Map<string, string>();
    for (const [key, item] of Object.entries(json)) {
      const field = table.get(key);
      if (!field) throw badJson(`${where}.${key}`, `${name} has no such field`);
      if (item === null) continue;
      const oneof = field.partOf && !field.options?.proto3_optional ? field.partOf.name : undefined;
      if (oneof !== undefined && chosen.has(oneof)) {
        throw badJson(where, `${chosen.get(oneof)} and ${key} exclude each other`);
      }
      if (oneof !== undefined) chosen.set(oneof, key);
      result[field.name] = value(field, item, `${where}.${key}`, depth);
    }
    return result;
  };

  const anyParts = (
    json: Json,
    where: string,
    depth: number,
  ): { type_url: string; value: Uint8Array } => {
    if (!isObject(json)) throw badJson(where, 'must be an object with @type');
    const { '@type': typeUrl, ...rest } = json;
    if (typeof typeUrl !== 'string') throw badJson(where, 'has no @type');
    const name = typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
    const target = type(name, `${where}.@type`);
    // Well-known types within Any carry their JSON form under the key `value`.
    const inner =
      wellKnown(name, rest.value ?? null, where) ?? message(target, rest, where, depth + 1);
    return { type_url: `${typePrefix}${name}`, value: target.encode(inner).finish() };
  };

  return {
    encode: (typeName, json, where = typeName) => {
      const target = type(typeName, where);
      return target.encode(message(target, json, where, 0)).finish();
    },
    decode: (typeName, bytes) => {
      const target = type(typeName, typeName);
      return target.toObject(target.decode(bytes), { longs: String, enums: String, bytes: Buffer });
    },
    any: (json, where = 'resource') => anyParts(json, where, 0),
  };
}
