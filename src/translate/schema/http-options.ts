import { asNumber, asRecord, asString, asStrings } from '../../manifests/fields.ts';
import { grpcStatusCodes } from '../route/fault.ts';
import { redirectCodes } from '../route/redirect.ts';
import { parseDurationNanos } from '../values/duration.ts';
import { filledMatch, has, labels, percent, portNumber, stringMatch } from './common.ts';
import {
  boolean,
  checkValue,
  count,
  duration,
  integer,
  integerFrom,
  listOf,
  mapOf,
  objectOf,
  oneOf,
  type Report,
  type Schema,
  string,
  unsupported,
} from './schema.ts';

const operations: Schema = objectOf({
  set: mapOf(string),
  add: mapOf(string),
  remove: listOf(string),
});
/** `headers` of an HTTP route or of one of its destinations. */
export const headers: Schema = objectOf(
  { request: operations, response: operations },
  (value, report, path) => {
    for (const direction of ['request', 'response']) {
      for (const operation of ['set', 'add', 'remove']) {
        const here = `${path}.${direction}.${operation}`;
        const given = asRecord(value[direction])[operation];
        for (const name of operation === 'remove'
          ? asStrings(given)
          : Object.keys(asRecord(given))) {
          const mayBeAuthority = direction === 'request' && operation !== 'remove';
          if (name === '') report.invalid(here, 'has a header without name');
          else if (isReserved(name) && !(mayBeAuthority && isAuthority(name)))
            report.invalid(`${here}.${name}`, 'cannot be changed');
        }
      }
    }
  },
);

function isReserved(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host';
}

/** Whether a header is the authority, by either name. */
export function isAuthority(name: string): boolean {
  return [':authority', 'host'].includes(name.toLowerCase());
}

/** Header matches by name; Istio gives names beginning with `@request.auth.claims` a meaning of their own. */
function refuseClaims(value: Record<string, unknown>, report: Report, path: string): void {
  for (const field of ['headers', 'withoutHeaders']) {
    for (const name of Object.keys((value[field] as object | undefined) ?? {})) {
      if (name.startsWith('@request.auth.claims')) {
        report.unsupported(
          `${path}.${field}.${name}`,
          'matching by token claims is not translated',
        );
      }
    }
  }
}

/** One of `match` of an HTTP route. */
export const httpMatch: Schema = objectOf(
  {
    name: string,
    uri: stringMatch,
    scheme: filledMatch,
    method: filledMatch,
    authority: filledMatch,
    headers: mapOf(filledMatch),
    withoutHeaders: mapOf(filledMatch),
    queryParams: mapOf(filledMatch),
    port: integerFrom(0, 65_535),
    sourceLabels: labels,
    sourceNamespace: string,
    gateways: listOf(string),
    ignoreUriCase: boolean,
    statPrefix: string,
  },
  refuseClaims,
);

/** Conditions that Istio accepts in `retryOn`, beside HTTP status codes. */
const retryConditions = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
]);

/** `retries` of an HTTP route. */
export const retries: Schema = objectOf(
  {
    attempts: count,
    perTryTimeout: duration,
    retryOn: string,
    retryRemoteLocalities: boolean,
    retryIgnorePreviousHosts: boolean,
    backoff: duration,
  },
  (value, report, path) => {
    for (const condition of (asString(value.retryOn) ?? '').split(',')) {
      const isCode = /^\d{3}$/.test(condition);
      if (condition === '' || isCode || retryConditions.has(condition)) continue;
      const known = [...retryConditions].join(', ');
      report.invalid(
        `${path}.retryOn`,
        `has no condition "${condition}"; there are: ${known}, and HTTP status codes`,
      );
    }
    if (
      (asNumber(value.attempts) ?? 0) === 0 &&
      ['retryOn', 'perTryTimeout', 'retryRemoteLocalities'].some((field) => has(value, field))
    ) {
      report.invalid(path, 'has settings although attempts is 0');
    }
  },
);

/** A status that an HTTP response may have, as Istio takes it. */
export const httpStatus: Schema = integerFrom(200, 600);

/** `fault` of an HTTP route. */
export const fault: Schema = objectOf(
  {
    delay: objectOf({
      fixedDelay: duration,
      percentage: percent,
      percent: integer,
      exponentialDelay: unsupported('Istio does not implement it'),
    }),
    abort: objectOf({
      httpStatus: httpStatus,
      grpcStatus: oneOf(Object.keys(grpcStatusCodes)),
      percentage: percent,
      http2Error: unsupported('Istio does not implement it'),
    }),
  },
  (value, report, path) => {
    if (!has(value, 'delay') && !has(value, 'abort'))
      report.invalid(path, 'has neither delay nor abort');
  },
);

/** Methods that `allowMethods` may have. */
const corsMethods = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
  '*',
];

/** `corsPolicy` of an HTTP route. */
export const corsPolicy: Schema = objectOf(
  {
    allowOrigin: listOf(string),
    allowOrigins: listOf(
      objectOf({ exact: string, prefix: string, regex: string }, (value, report, path) => {
        checkValue(filledMatch, value, path, report);
        if (Object.values(value).every((one) => one === '')) report.invalid(path, 'is empty');
      }),
    ),
    allowMethods: listOf(oneOf(corsMethods)),
    allowHeaders: listOf(string),
    exposeHeaders: listOf(string),
    maxAge: duration,
    allowCredentials: boolean,
    unmatchedPreflights: oneOf(['UNSPECIFIED', 'FORWARD', 'IGNORE']),
  },
  ({ maxAge }, report, path) => {
    const nanos = parseDurationNanos(asString(maxAge) ?? '') ?? 0n;
    if (nanos % 1_000_000_000n !== 0n) report.invalid(`${path}.maxAge`, 'must be in whole seconds');
  },
);

/** `redirect` of an HTTP route. */
export const redirect: Schema = objectOf(
  {
    uri: string,
    authority: string,
    port: portNumber,
    derivePort: oneOf(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT']),
    scheme: oneOf(['http', 'https']),
    redirectCode: integerFrom(300, 399),
    prefixRewrite: string,
  },
  (value, report, path) => {
    const targets = ['uri', 'authority', 'scheme', 'port', 'derivePort', 'prefixRewrite'];
    if (!targets.some((field) => has(value, field))) {
      report.invalid(path, `leads nowhere: it needs one of ${targets.join(', ')}`);
    }
    if (has(value, 'port') && has(value, 'derivePort'))
      report.invalid(path, 'has port and derivePort: only one may be given');
    if (has(value, 'uri') && has(value, 'prefixRewrite'))
      report.invalid(path, 'has uri and prefixRewrite: only one may be given');
    const { redirectCode } = value;
    if (redirectCode === undefined || redirectCodes.includes(redirectCode as number)) return;
    report.unsupported(
      `${path}.redirectCode`,
      `Istio makes no redirect of it, either: it needs one of ${redirectCodes.join(', ')}`,
    );
  },
);
