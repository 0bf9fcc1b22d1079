import type protobuf from 'protobufjs';
import { WindtunnelError } from '../../errors.ts';
import { fieldTable, jsonName } from '../../protobuf/field-table.ts';
import { createSchema, type Schema } from '../../protobuf/schema.ts';

/** What a field of a message holds, as far as merging and writing it in canonical form need to know. */
export interface FieldShape {
  /** lowerCamelCase, as protojson writes it. */
  jsonName: string;
  container: 'single' | 'list' | 'map';
  /** Of the field, of the list's members or of the map's values. */
  value: ValueShape;
  /** JSON names of the other members of its oneof: setting one clears them. */
  excludes: string[];
  /** Whether a zero value counts as set: members of a oneof, `optional` fields and messages. */
  tracksPresence: boolean;
}

/** The kind of one value. */
export type ValueShape =
  | { kind: 'message'; type: string }
  | { kind: 'enum'; names: Record<string, number> }
  | { kind: 'scalar'; type: string };

let schema: Schema | undefined;

/**
 * The field of message `typeName` that `key` names, in snake_case or lowerCamelCase; undefined when it has none.
 * Throws `unsupported` for a message that Envoy's API does not have.
 */
export function fieldOf(typeName: string, key: string): FieldShape | undefined {
  const field = fieldTable(messageType(typeName)).get(key);
  return field === undefined ? undefined : shapeOf(field);
}

/** Throws `unsupported` when Envoy's API has no message of that name. */
export function requireMessage(typeName: string): void {
  messageType(typeName);
}

function messageType(typeName: string): protobuf.Type {
  // Parsing Envoy's API takes a tenth of a second, which configurations without EnvoyFilter are spared.
  schema ??= createSchema();
  const type = schema.find(typeName);
  if (type === undefined) {
    throw new WindtunnelError('unsupported', `Envoy's API has no message ${typeName}`);
  }
  return type;
}

const shapes = new WeakMap<protobuf.Field, FieldShape>();

function shapeOf(field: protobuf.Field): FieldShape {
  const known = shapes.get(field);
  if (known !== undefined) return known;
  field.resolve();
  const isOptional = field.options?.proto3_optional === true;
  const oneof = isOptional ? null : field.partOf;
  const shape: FieldShape = {
    jsonName: jsonName(field.name),
    container: field.map ? 'map' : field.repeated ? 'list' : 'single',
    value: valueShape(field),
    excludes: (oneof?.fieldsArray ?? [])
      .filter((other) => other !== field)
      .map((other) => jsonName(other.name)),
    tracksPresence: oneof !== null || isOptional,
  };
  shapes.set(field, shape);
  return shape;
}

function valueShape(field: protobuf.Field): ValueShape {
  const resolved = field.resolvedType;
  if (resolved === null) return { kind: 'scalar', type: field.type };
  if ('values' in resolved) return { kind: 'enum', names: resolved.values };
  return { kind: 'message', type: resolved.fullName.slice(1) };
}
