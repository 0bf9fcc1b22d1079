import { WindtunnelError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import { duration } from '../values/duration.ts';
import { fieldOf, type FieldShape, requireMessage, type ValueShape } from './reflection.ts';

/** Messages that stand for one scalar, so that zero differs from nothing. */
const wrappers: Readonly<Record<string, string>> = {
  'google.protobuf.DoubleValue': 'double',
  'google.protobuf.FloatValue': 'float',
  'google.protobuf.Int64Value': 'int64',
  'google.protobuf.UInt64Value': 'uint64',
  'google.protobuf.Int32Value': 'int32',
  'google.protobuf.UInt32Value': 'uint32',
  'google.protobuf.BoolValue': 'bool',
  'google.protobuf.StringValue': 'string',
  'google.protobuf.BytesValue': 'bytes',
};

/**
 * Rewrites an Envoy message as people write it (snake_case, default values spelled out) to the form in which
 * configurations are printed: lowerCamelCase, no default values. Throws `unsupported` with the path of a field,
 * type or enum value that Envoy's API does not have.
 */
export function canonical(typeName: string, value: Json, path: string): Json {
  if (typeName === 'google.protobuf.Any') return canonicalAny(value, path);
  if (typeName === 'google.protobuf.Duration') return canonicalDuration(value, path);
  const wrapped = wrappers[typeName];
  if (wrapped !== undefined) return canonicalScalar(wrapped, value, path);
  // Struct and the like have a JSON form of their own, which has no defaults to leave out.
  if (typeName.startsWith('google.protobuf.')) return value;
  if (!isObject(value)) throw unknown(path, `must be an object (${typeName})`);
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const field = fieldOf(typeName, key);
    if (field === undefined) throw unknown(`${path}.${key}`, `${typeName} has no such field`);
    if (child === null) continue;
    const next = canonicalField(field, child, `${path}.${key}`);
    if (next !== undefined) result[field.jsonName] = next;
  }
  return result;
}

function canonicalAny(value: Json, path: string): JsonObject {
  if (!isObject(value)) throw unknown(path, 'must be an object with @type');
  const { '@type': url, ...fields } = value;
  if (typeof url !== 'string') throw unknown(path, 'must have an @type');
  const type = url.slice(url.lastIndexOf('/') + 1);
  requireMessage(type);
  // A TypedStruct carries its own configuration as it is.
  const inner = canonical(type, fields, path);
  return { '@type': url, ...(isObject(inner) ? inner : {}) };
}

function canonicalField(field: FieldShape, value: Json, path: string): Json | undefined {
  if (field.container === 'list') {
    if (!Array.isArray(value)) throw unknown(path, 'must be a list');
    const items = value.map((item, index) =>
      canonicalValue(field.value, item, `${path}[${index}]`),
    );
    return items.length === 0 ? undefined : items;
  }
  if (field.container === 'map') {
    if (!isObject(value)) throw unknown(path, 'must be an object');
    const entries = Object.entries(value).map(([key, item]): [string, Json] => [
      key,
      canonicalValue(field.value, item, `${path}[${key}]`),
    ]);
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  const next = canonicalValue(field.value, value, path);
  const isDefault = field.value.kind !== 'message' && isZero(field.value, next);
  return isDefault && !field.tracksPresence ? undefined : next;
}

function canonicalValue(shape: ValueShape, value: Json, path: string): Json {
  if (shape.kind === 'message') return canonical(shape.type, value, path);
  if (shape.kind === 'scalar') return canonicalScalar(shape.type, value, path);
  const name =
    typeof value === 'number'
      ? Object.keys(shape.names).find((candidate) => shape.names[candidate] === value)
      : value;
  if (typeof name !== 'string' || shape.names[name] === undefined) {
    throw unknown(path, `has no value ${JSON.stringify(value)}`);
  }
  return name;
}

function canonicalScalar(type: string, value: Json, path: string): Json {
  if (type === 'string' || type === 'bytes') {
    if (typeof value === 'string') return value;
  } else if (type === 'bool') {
    if (typeof value === 'boolean') return value;
  } else if (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) {
    const number = Number(value);
    if (!Number.isNaN(number)) return type.endsWith('64') ? String(value) : number;
  }
  throw unknown(path, `${JSON.stringify(value)} is not a ${type}`);
}

function canonicalDuration(value: Json, path: string): Json {
  const text = duration(value);
  if (text === undefined) throw unknown(path, `${JSON.stringify(value)} is not a duration`);
  return text;
}

function isZero(shape: ValueShape, value: Json): boolean {
  if (shape.kind === 'enum') return typeof value === 'string' && shape.names[value] === 0;
  return value === '' || value === false || value === 0 || value === '0';
}

function unknown(path: string, reason: string): WindtunnelError {
  return new WindtunnelError('unsupported', `${path}: ${reason}`);
}
