import { asRecord, asString } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';

/** What a `rewrite` does to a request: fields of Envoy's RouteAction, and a new authority (empty: unchanged). */
export interface Rewrite {
  path: JsonObject;
  authority: string;
}

/** `rewrite` of an HTTP route: the matched part of the path (or what a regex finds in it), and the authority. */
export function rewriteOf(rewrite: unknown): Rewrite {
  const given = asRecord(rewrite);
  return { path: pathRewrite(given), authority: asString(given.authority) ?? '' };
}

function pathRewrite(rewrite: Record<string, unknown>): JsonObject {
  if (rewrite.uriRegexRewrite !== undefined) {
    const { match, rewrite: substitution } = asRecord(rewrite.uriRegexRewrite);
    return {
      regexRewrite: {
        pattern: { regex: asString(match) ?? '' },
        substitution: asString(substitution) ?? '',
      },
    };
  }
  const uri = asString(rewrite.uri) ?? '';
  return uri === '' ? {} : { prefixRewrite: uri };
}
