import { asRecord, asString } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';

/** Istio's StringMatch (`exact`, `prefix` or `regex`) as Envoy's StringMatcher; undefined when none is given. */
export function stringMatcher(value: unknown): JsonObject | undefined {
  const match = asRecord(value);
  const exact = asString(match.exact);
  if (exact !== undefined) return { exact };
  const prefix = asString(match.prefix);
  if (prefix !== undefined) return { prefix };
  const regex = asString(match.regex);
  return regex === undefined ? undefined : { safeRegex: { regex } };
}

/** Whether a StringMatch asks for presence alone: nothing given, or the regex `*`, which is Istio's spelling of "any". */
export function isPresenceMatch(value: unknown): boolean {
  const match = asRecord(value);
  const given = ['exact', 'prefix', 'regex'].some((kind) => typeof match[kind] === 'string');
  return !given || match.regex === '*';
}
