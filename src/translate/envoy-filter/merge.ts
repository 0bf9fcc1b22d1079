import { WindtunnelError } from '../../errors.ts';
import { type Json, type JsonObject, isObject } from '../../json.ts';
import { fieldOf } from './reflection.ts';

/**
 * Merges a message into another of its type, by protobuf's rules as Istio applies them: fields that are set win,
 * messages are merged, lists are appended (or replaced), entries of maps and durations are replaced whole.
 *
 * @param into canonical form; is not changed
 * @param from canonical form
 */
export function mergeMessage(
  typeName: string,
  into: JsonObject,
  from: JsonObject,
  replaceLists = false,
): JsonObject {
  const result: JsonObject = { ...into };
  for (const [key, value] of Object.entries(from)) {
    const field = fieldOf(typeName, key);
    for (const other of field?.excludes ?? []) delete result[other];
    const before = result[key];
    if (field === undefined || before === undefined) result[key] = value;
    else if (field.container === 'list') {
      result[key] = replaceLists ? value : [...(before as Json[]), ...(value as Json[])];
    } else if (field.container === 'map') {
      result[key] = { ...(before as JsonObject), ...(value as JsonObject) };
    } else if (field.value.kind === 'message') {
      result[key] = mergeValue(field.value.type, before, value, replaceLists);
    } else result[key] = value;
  }
  return result;
}

/**
 * Merges two `google.protobuf.Any` by the message they hold. Throws `unsupported` when they hold different ones: Istio then
 * gives up in the midst, with some patches applied and others not.
 *
 * @param owner `NAMESPACE/NAME` of the EnvoyFilter that `from` is of
 */
export function mergeAny(into: JsonObject, from: JsonObject, owner: string): JsonObject {
  if (into['@type'] !== from['@type']) {
    throw new WindtunnelError(
      'unsupported',
      `EnvoyFilter ${owner}: spec.configPatches merge a ${String(from['@type'])} into a ${String(into['@type'])}: Istio breaks off there`,
      { next: 'Let the match name a filter (or transport socket) of the same type.' },
    );
  }
  const { '@type': url, ...fields } = from;
  const type = String(url).slice(String(url).lastIndexOf('/') + 1);
  const { '@type': _same, ...known } = into;
  return { '@type': url ?? '', ...mergeMessage(type, known, fields) };
}

function mergeValue(type: string, before: Json, value: Json, replaceLists: boolean): Json {
  if (type === 'google.protobuf.Any') {
    // Any is merged as what it is, a type and bytes: bytes of no length leave the old ones.
    const isEmpty = isObject(value) && Object.keys(value).length === 1;
    const sameType = isObject(before) && isObject(value) && before['@type'] === value['@type'];
    return isEmpty && sameType ? before : value;
  }
  if (type === 'google.protobuf.Struct' && isObject(before) && isObject(value)) {
    return { ...before, ...value };
  }
  if (type.startsWith('google.protobuf.') && type.endsWith('Value')) {
    // A wrapper is a message whose one field is not set when it is zero.
    return value === 0 || value === false || value === '' ? before : value;
  }
  if (!isObject(before) || !isObject(value) || type.startsWith('google.protobuf.')) return value;
  return mergeMessage(type, before, value, replaceLists);
}
