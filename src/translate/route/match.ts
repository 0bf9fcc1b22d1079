import { asRecord, asString } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { object } from '../values/json.ts';
import { compareText } from '../../compare-text.ts';
import { isPresenceMatch, stringMatcher } from '../values/string-match.ts';

/** One `match` of an HTTP route as Envoy's RouteMatch; undefined matches everything. */
export function routeMatch(match: Spec | undefined): JsonObject {
  if (match === undefined) return { prefix: '/' };
  const headers = [
    ...Object.entries(asRecord(match.headers)).map(([name, value]) => headerMatcher(name, value)),
    ...Object.entries(asRecord(match.withoutHeaders)).map(([name, value]) =>
      invert(headerMatcher(name, value)),
    ),
  ].sort((a, b) => compareText(String(a.name), String(b.name)));
  for (const [field, header] of [
    ['method', ':method'],
    ['authority', ':authority'],
    ['scheme', ':scheme'],
  ] as const) {
    if (match[field] !== undefined) headers.push(headerMatcher(header, match[field]));
  }
  const queryParameters = Object.entries(asRecord(match.queryParams))
    .map(([name, value]) => ({ name, ...presenceOrString(value) }))
    .sort((a, b) => compareText(a.name, b.name));
  return object({
    ...pathMatch(match.uri),
    caseSensitive: match.ignoreUriCase !== true,
    headers: headers.length === 0 ? undefined : headers,
    queryParameters: queryParameters.length === 0 ? undefined : queryParameters,
  });
}

function pathMatch(uri: unknown): JsonObject {
  const match = asRecord(uri);
  const exact = asString(match.exact);
  if (exact !== undefined) return { path: exact };
  const regex = asString(match.regex);
  if (regex !== undefined) return { safeRegex: { regex } };
  return { prefix: asString(match.prefix) ?? '/' };
}

function headerMatcher(name: string, value: unknown): JsonObject {
  return { name, ...presenceOrString(value) };
}

/** A header that must not match: one that is missing counts as empty, so that it passes. */
function invert(matcher: JsonObject): JsonObject {
  const isPresence = matcher.presentMatch === true;
  return { ...matcher, invertMatch: true, ...(!isPresence && { treatMissingHeaderAsEmpty: true }) };
}

function presenceOrString(value: unknown): JsonObject {
  if (isPresenceMatch(value)) return { presentMatch: true };
  const matcher = stringMatcher(value);
  return matcher === undefined ? {} : { stringMatch: matcher };
}

/** Whether an Envoy route matches every request: what follows it can never be reached. */
export function isCatchAll(route: JsonObject): boolean {
  const match = asRecord(route.match);
  const anyPath = match.prefix === '/' || asRecord(match.safeRegex).regex === '.*';
  return anyPath && match.headers === undefined && match.queryParameters === undefined;
}
