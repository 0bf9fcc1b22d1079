import type protobuf from 'protobufjs';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { badJson } from './bad-json.ts';
import { fieldTable } from './field-table.ts';
import { scalar } from './scalar.ts';
import type { Schema } from './schema.ts';
import { wellKnown } from './well-known.ts';

/** `google.protobuf.Any`, as protobufjs wants it. */
export interface AnyParts {
  type_url: string;
  value: Uint8Array;
}

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
  any(json: JsonObject, where?: string): AnyParts;
}

const typePrefix = 'type.googleapis.com/';
const maxDepth = 100;

/** Where in a configuration a value stands. */
interface Place {
  schema: Schema;
  where: string;
  depth: number;
}

/** Makes a {@link ProtoJson} over `schema`, by protobuf's JSON mapping (protobuf.dev/programming-guides/json). */
export function createProtoJson(schema: Schema): ProtoJson {
  const start = (where: string): Place => ({ schema, where, depth: 0 });
  return {
    encode: (typeName, json, where = typeName) => {
      const type = typeNamed(typeName, start(where));
      return type.encode(messageObject(type, json, start(where))).finish();
    },
    decode: (typeName, bytes) => {
      const type = typeNamed(typeName, start(typeName));
      return type.toObject(type.decode(bytes), { longs: String, enums: String, bytes: Buffer });
    },
    any: (json, where = 'resource') => anyParts(json, start(where)),
  };
}

function below(place: Place, step: string): Place {
  return {
    ...place,
    where: `${place.where}${step}`,
    depth: place.depth + 1,
  };
}

function typeNamed(name: string, { schema, where }: Place): protobuf.Type {
  const found = schema.find(name);
  if (!found) throw badJson(where, `Envoy's API has no message ${name}`);
  return found;
}

function singleValue(field: protobuf.Field, json: Json, place: Place): unknown {
  field.resolve();
  const resolved = field.resolvedType;
  if (!resolved) return scalar(field.type, json, place.where);
  if (!('values' in resolved)) return messageObject(resolved, json, place);
  const value = typeof json === 'string' ? resolved.values[json] : json;
  if (typeof value === 'number') return value;
  throw badJson(place.where, `${resolved.name} has no value ${JSON.stringify(json)}`);
}

function fieldValue(field: protobuf.Field, json: Json, place: Place): unknown {
  if (field.map) {
    if (!isObject(json)) throw badJson(place.where, 'must be an object');
    const entries = Object.entries(json).map(([key, item]) => {
      const value = singleValue(field, item, below(place, `[${JSON.stringify(key)}]`));
      return [key, value];
    });
    return Object.fromEntries(entries) as unknown;
  }
  if (field.repeated) {
    if (!Array.isArray(json)) throw badJson(place.where, 'must be a list');
    return json.map((item, index) => singleValue(field, item, below(place, `[${index}]`)));
  }
  return singleValue(field, json, place);
}

function messageObject(type: protobuf.Type, json: Json, place: Place): object {
  const { where, depth } = place;
  if (depth > maxDepth) throw badJson(where, `nested deeper than ${maxDepth}`);
  const name = type.fullName.slice(1);
  if (name === 'google.protobuf.Any') return anyParts(json, place);
  const special = wellKnown(name, json, where);
  if (special) return special;
  if (!isObject(json)) throw badJson(where, `must be an object (${name})`);
  const table = fieldTable(type);
  const result: Record<string, unknown> = {};
  const chosen = new Map<string, string>();
  for (const [key, item] of Object.entries(json)) {
    const field = table.get(key);
    if (!field) throw badJson(`${where}.${key}`, `${name} has no such field`);
    if (item === null) continue;
    const oneof = field.partOf && !field.options?.proto3_optional ? field.partOf.name : undefined;
    if (oneof !== undefined) {
      const other = chosen.get(oneof);
      if (other !== undefined) throw badJson(where, `${other} and ${key} exclude each other`);
      chosen.set(oneof, key);
    }
    result[field.name] = fieldValue(field, item, below(place, `.${key}`));
  }
  return result;
}

function anyParts(json: Json, place: Place): AnyParts {
  const { where } = place;
  if (!isObject(json)) throw badJson(where, 'must be an object with @type');
  const { '@type': typeUrl, ...rest } = json;
  if (typeof typeUrl !== 'string') throw badJson(where, 'has no @type');
  const name = typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
  const type = typeNamed(name, below(place, '.@type'));
  // Well-known types within Any carry their JSON form under the key `value`.
  const inner = wellKnown(name, rest.value ?? null, where) ?? messageObject(type, rest, place);
  return { type_url: `${typePrefix}${name}`, value: type.encode(inner).finish() };
}
