import type { Json } from '../json.ts';
import { badJson } from './bad-json.ts';

/** An integer of 64 bits as protobufjs writes it without a helper library. */
export interface Long {
  low: number;
  high: number;
  unsigned: boolean;
}

/** Splits an integer into the two words of a {@link Long}; negative ones as two's complement. */
export function long(value: bigint, unsigned: boolean): Long {
  return {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned,
  };
}

const int64Bounds: Record<string, [bigint, bigint]> = {
  unsigned: [0n, 2n ** 64n - 1n],
  signed: [-(2n ** 63n), 2n ** 63n - 1n],
};
const int32Bounds: Record<string, [number, number]> = {
  uint32: [0, 2 ** 32 - 1],
  fixed32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  sint32: [-(2 ** 31), 2 ** 31 - 1],
  sfixed32: [-(2 ** 31), 2 ** 31 - 1],
};

/** A scalar field's value from its JSON form: numbers also as strings, bytes as base64; errors name `where`. */
export function scalar(type: string, json: Json, where: string): unknown {
  switch (type) {
    case 'string':
      if (typeof json === 'string') return json;
      break;
    case 'bool':
      if (typeof json === 'boolean') return json;
      break;
    case 'bytes':
      if (typeof json === 'string') return Buffer.from(json, 'base64');
      break;
    case 'double':
    case 'float':
      return floatOf(json, where);
    case 'int64':
    case 'uint64':
    case 'sint64':
    case 'fixed64':
    case 'sfixed64':
      return longOf(type, json, where);
    default: {
      const [low, high] = int32Bounds[type] ?? [0, -1];
      const value = floatOf(json, where);
      if (Number.isInteger(value) && value >= low && value <= high) return value;
    }
  }
  throw badJson(where, `${JSON.stringify(json)} is not a ${type}`);
}

function longOf(type: string, json: Json, where: string): Long {
  const unsigned = type === 'uint64' || type === 'fixed64';
  const text = typeof json === 'number' && Number.isInteger(json) ? BigInt(json).toString() : json;
  if (typeof text !== 'string' || !/^-?\d+$/.test(text)) {
    throw badJson(where, `${JSON.stringify(json)} is not an integer`);
  }
  const value = BigInt(text);
  const [low, high] = int64Bounds[unsigned ? 'unsigned' : 'signed'] ?? [0n, 0n];
  if (value < low || value > high) throw badJson(where, `${text} does not fit ${type}`);
  return long(value, unsigned);
}

function floatOf(json: Json, where: string): number {
  const value = typeof json === 'string' && json.trim() !== '' ? Number(json) : json;
  if (json === 'NaN') return Number.NaN;
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  throw badJson(where, `${JSON.stringify(json)} is not a number`);
}
