import { asNumber, asRecord, asString } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import { object } from '../values/json.ts';

/** Envoy's names of the redirect codes; 301 is its default and left out. */
const responseCodes: Record<number, string> = {
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
};

/** The codes that `redirectCode` may have. */
export const redirectCodes = [301, 302, 303, 307, 308];

/** `redirect` of an HTTP route as Envoy's RedirectAction. */
export function redirectAction(redirect: unknown, listenPort: number, isTls: boolean): JsonObject {
  const given = asRecord(redirect);
  const scheme = asString(given.scheme) ?? '';
  const prefix = asString(given.prefixRewrite) ?? '';
  const host = asString(given.authority) ?? '';
  const port = portOf(given, listenPort);
  const effectiveScheme = scheme === '' ? (isTls ? 'https' : 'http') : scheme;
  const isDefaultPort =
    (port === 80 && effectiveScheme === 'http') || (port === 443 && effectiveScheme === 'https');
  return object({
    schemeRedirect: scheme === '' ? undefined : scheme,
    hostRedirect: host === '' ? undefined : host,
    portRedirect: port === 0 || isDefaultPort ? undefined : port,
    ...(prefix === '' ? { pathRedirect: asString(given.uri) ?? '' } : { prefixRewrite: prefix }),
    responseCode: responseCodes[asNumber(given.redirectCode) ?? 301],
  });
}

/** 0: the port of the scheme. */
function portOf(redirect: Record<string, unknown>, listenPort: number): number {
  if (redirect.derivePort === 'FROM_REQUEST_PORT') return listenPort;
  return asNumber(redirect.port) ?? 0;
}
