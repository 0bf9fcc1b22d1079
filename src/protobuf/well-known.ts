import type { Json } from '../json.ts';
import { badJson } from './bad-json.ts';
import { long, scalar } from './scalar.ts';

const wrappers: Record<string, string> = {
  DoubleValue: 'double',
  FloatValue: 'float',
  Int64Value: 'int64',
  UInt64Value: 'uint64',
  Int32Value: 'int32',
  UInt32Value: 'uint32',
  BoolValue: 'bool',
  StringValue: 'string',
  BytesValue: 'bytes',
};

/**
 * The message object of a type that has a JSON form of its own (Duration, wrappers, Struct …),
 * undefined for every other type.
 */
export function wellKnown(typeName: string, json: Json, where: string): object | undefined {
  if (!typeName.startsWith('google.protobuf.')) return undefined;
  const name = typeName.slice('google.protobuf.'.length);
  const wrapped = wrappers[name];
  if (wrapped !== undefined) return { value: scalar(wrapped, json, where) };
  switch (name) {
    case 'Duration':
      return duration(json, where);
    case 'Timestamp':
      return timestamp(json, where);
    case 'Struct':
      return structFields(json, where);
    case 'Value':
      return structValue(json);
    case 'ListValue':
      if (!Array.isArray(json)) throw badJson(where, 'must be a list');
      return { values: json.map(structValue) };
    case 'FieldMask':
      if (typeof json !== 'string') throw badJson(where, 'must be a string');
      return { paths: json.split(',').filter((path) => path !== '') };
    default:
      return undefined;
  }
}

function duration(json: Json, where: string): object {
  const match = typeof json === 'string' ? /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(json) : null;
  if (!match) throw badJson(where, `${JSON.stringify(json)} is not a duration like "1.5s"`);
  const sign = match[1] === '-' ? -1 : 1;
  const seconds = BigInt(match[2] ?? '0') * BigInt(sign);
  return { seconds: long(seconds, false), nanos: sign * Number((match[3] ?? '').padEnd(9, '0')) };
}

function timestamp(json: Json, where: string): object {
  const timeMs = typeof json === 'string' ? Date.parse(json) : Number.NaN;
  if (Number.isNaN(timeMs)) throw badJson(where, `${JSON.stringify(json)} is not a time`);
  const seconds = Math.floor(timeMs / 1000);
  return { seconds: long(BigInt(seconds), false), nanos: (timeMs - seconds * 1000) * 1e6 };
}

function structFields(json: Json, where: string): object {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw badJson(where, 'must be an object');
  }
  return {
    fields: Object.fromEntries(Object.entries(json).map(([key, item]) => [key, structValue(item)])),
  };
}

function structValue(json: Json): object {
  // struct.proto is built into protobufjs, with the names of its JavaScript form.
  if (json === null) return { nullValue: 0 };
  if (typeof json === 'number') return { numberValue: json };
  if (typeof json === 'string') return { stringValue: json };
  if (typeof json === 'boolean') return { boolValue: json };
  if (Array.isArray(json)) return { listValue: { values: json.map(structValue) } };
  return { structValue: structFields(json, '') };
}
