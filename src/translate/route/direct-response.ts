import { asNumber, asRecord, asString } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import { object } from '../values/json.ts';

/** `directResponse` of an HTTP route as Envoy's DirectResponseAction: a status and a body, `string` or base64 `bytes`. */
export function directResponseAction(response: unknown): JsonObject {
  const given = asRecord(response);
  const body = asRecord(given.body);
  const text = asString(body.string);
  const bytes = asString(body.bytes);
  const inline: JsonObject | undefined =
    text !== undefined
      ? { inlineString: text }
      : bytes !== undefined
        ? { inlineBytes: bytes }
        : undefined;
  return object({ status: asNumber(given.status), body: inline });
}
