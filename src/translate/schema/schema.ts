import { isRecord } from '../../manifests/fields.ts';
import { parseDurationNanos } from '../values/duration.ts';

/** What a field of a resource may hold, and whether it is translated. */
export type Schema =
  | ScalarSchema
  | { type: 'any' }
  | { type: 'list'; of: Schema }
  | { type: 'map'; of: Schema }
  | { type: 'object'; fields: Readonly<Record<string, Schema>>; check: ObjectCheck }
  | { type: 'unsupported'; reason: string };

/** A {@link Schema} of a single value. */
export type ScalarSchema =
  | { type: 'string' | 'boolean' }
  | { type: 'number' | 'integer'; least: number; most: number }
  | { type: 'duration'; leastMs: number }
  | { type: 'enum'; values: readonly string[]; unsupported: Readonly<Record<string, string>> };

/** A rule about an object as a whole. */
export type ObjectCheck = (value: Record<string, unknown>, report: Report, path: string) => void;

/** Where findings go. Paths begin at the resource, e.g. `spec.http[0].timeout`. */
export interface Report {
  /** The field is valid, but has no translation. */
  unsupported(path: string, reason: string): void;
  /** The API server would refuse it. */
  invalid(path: string, reason: string): void;
}

/** Text. */
export const string: Schema = { type: 'string' };
/** Any number. */
export const number: Schema = { type: 'number', least: -Infinity, most: Infinity };
/** A whole number. */
export const integer: Schema = { type: 'integer', least: -Infinity, most: Infinity };
/** A whole number that is not negative. */
export const count: Schema = integerFrom(0, Infinity);
/** True or false. */
export const boolean: Schema = { type: 'boolean' };
/** Anything: looked into by other code. */
export const anything: Schema = { type: 'any' };
/** A length of time such as `1.5s`, of at least 1 ms. */
export const duration: Schema = { type: 'duration', leastMs: 1 };
/** A length of time that may be zero. */
export const durationOrZero: Schema = { type: 'duration', leastMs: 0 };

/** A whole number from `least` to `most`. */
export function integerFrom(least: number, most: number): Schema {
  return { type: 'integer', least, most };
}

/** A number from `least` to `most`. */
export function numberFrom(least: number, most: number): Schema {
  return { type: 'number', least, most };
}

/** One of some words; those in `unsupported` are valid, but not translated, for the reason given. */
export function oneOf(values: readonly string[], unsupported: Record<string, string> = {}): Schema {
  return { type: 'enum', values, unsupported };
}

/** A list. */
export function listOf(of: Schema): Schema {
  return { type: 'list', of };
}

/** An object whose keys are free. */
export function mapOf(of: Schema): Schema {
  return { type: 'map', of };
}

/** An object with these fields and no others. */
export function objectOf(fields: Record<string, Schema>, check: ObjectCheck = () => {}): Schema {
  return { type: 'object', fields, check };
}

/** A field that is refused: what it asks for cannot be had here. */
export function unsupported(reason: string): Schema {
  return { type: 'unsupported', reason };
}

/** Reports everything in a value that the schema does not allow or that is not translated. Absent and null are always fine. */
export function checkValue(schema: Schema, value: unknown, path: string, report: Report): void {
  if (value === undefined || value === null) return;
  switch (schema.type) {
    case 'any':
      return;
    case 'unsupported':
      report.unsupported(path, schema.reason);
      return;
    case 'list':
      if (!Array.isArray(value)) report.invalid(path, `must be a list, not ${show(value)}`);
      else
        for (const [index, item] of value.entries())
          checkValue(schema.of, item, `${path}[${index}]`, report);
      return;
    case 'map':
      if (!isRecord(value)) report.invalid(path, `must be an object, not ${show(value)}`);
      else
        for (const [key, item] of Object.entries(value))
          checkValue(schema.of, item, `${path}.${key}`, report);
      return;
    case 'object':
      checkObject(schema, value, path, report);
      return;
    default:
      checkScalar(schema, value, path, report);
  }
}

function checkObject(
  schema: Extract<Schema, { type: 'object' }>,
  value: unknown,
  path: string,
  report: Report,
): void {
  if (!isRecord(value)) {
    report.invalid(path, `must be an object, not ${show(value)}`);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    const field = Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined;
    if (field !== undefined) checkValue(field, item, `${path}.${key}`, report);
    else
      report.invalid(
        `${path}.${key}`,
        `is no field of Istio's API; there are: ${Object.keys(schema.fields).join(', ')}`,
      );
  }
  schema.check(value, report, path);
}

function checkScalar(schema: ScalarSchema, value: unknown, path: string, report: Report): void {
  switch (schema.type) {
    case 'enum':
      if (typeof value === 'string' && schema.values.includes(value)) return;
      if (typeof value === 'string' && Object.hasOwn(schema.unsupported, value)) {
        report.unsupported(path, `${value}: ${schema.unsupported[value]}`);
      } else report.invalid(path, `must be one of ${schema.values.join(', ')}, not ${show(value)}`);
      return;
    case 'duration':
      checkDuration(schema.leastMs, value, path, report);
      return;
    case 'integer':
    case 'number':
      checkNumber(schema, value, path, report);
      return;
    default:
      if (typeof value !== schema.type)
        report.invalid(path, `must be a ${schema.type}, not ${show(value)}`);
  }
}

function checkNumber(
  { type, least, most }: Extract<ScalarSchema, { type: 'number' | 'integer' }>,
  value: unknown,
  path: string,
  report: Report,
): void {
  const name = type === 'integer' ? 'whole number' : 'number';
  if (typeof value !== 'number' || (type === 'integer' && !Number.isInteger(value))) {
    report.invalid(path, `must be a ${name}, not ${show(value)}`);
  } else if (value < least || value > most) {
    const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
    report.invalid(path, `must be ${range}, not ${value}`);
  }
}

function checkDuration(leastMs: number, value: unknown, path: string, report: Report): void {
  const nanos = typeof value === 'string' ? parseDurationNanos(value) : undefined;
  if (nanos === undefined) {
    report.invalid(path, `must be a duration such as 1.5s, 250ms or 1m, not ${show(value)}`);
  } else if (nanos < BigInt(leastMs) * 1_000_000n) {
    report.invalid(path, `must be at least ${leastMs}ms, not ${show(value)}`);
  }
}

/** A value as it may stand in a message: short. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
