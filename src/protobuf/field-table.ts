import type protobuf from 'protobufjs';

/** protobuf's own rule for JSON names: underscores go, the letter after one is written large. */
export function jsonName(name: string): string {
  return name.replace(/_(.)/g, (_match, next: string) => next.toUpperCase());
}

const tables = new WeakMap<protobuf.Type, Map<string, protobuf.Field>>();

/** Fields of a message by every name protojson allows: `snake_case` as in the `.proto`, and lowerCamelCase. */
export function fieldTable(type: protobuf.Type): Map<string, protobuf.Field> {
  const known = tables.get(type);
  if (known) return known;
  const table = new Map<string, protobuf.Field>();
  for (const field of type.fieldsArray) {
    table.set(field.name, field);
    table.set(jsonName(field.name), field);
  }
  tables.set(type, table);
  return table;
}
