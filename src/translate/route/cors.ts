import { asBoolean, asRecord, asRecords, asString, asStrings } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import { durationSeconds } from '../values/duration.ts';
import { any, nonEmpty } from '../values/json.ts';
import { wholePercent } from '../values/percent.ts';
import { stringMatcher } from '../values/string-match.ts';

/** `corsPolicy` of an HTTP route as the route's own configuration of Envoy's CORS filter. */
export function corsFilter(policy: unknown): JsonObject {
  const given = asRecord(policy);
  const origins =
    given.allowOrigins === undefined
      ? asStrings(given.allowOrigin).map((exact) => ({ exact }))
      : asRecords(given.allowOrigins).flatMap((origin) => stringMatcher(origin) ?? []);
  return any('envoy.extensions.filters.http.cors.v3.CorsPolicy', {
    allowOriginStringMatch: nonEmpty(origins),
    allowMethods: joined(given.allowMethods),
    allowHeaders: joined(given.allowHeaders),
    exposeHeaders: joined(given.exposeHeaders),
    maxAge: durationSeconds(given.maxAge),
    allowCredentials: asBoolean(given.allowCredentials),
    filterEnabled: { defaultValue: wholePercent(100) },
    forwardNotMatchingPreflights: asString(given.unmatchedPreflights) !== 'IGNORE',
  });
}

function joined(list: unknown): string | undefined {
  const items = asStrings(list);
  return items.length === 0 ? undefined : items.join(',');
}
