import {
  asList,
  asNumber,
  asRecord,
  asRecords,
  asString,
  asStrings,
} from '../../manifests/fields.ts';
import { grpcStatusCodes } from '../route/fault.ts';
import { headerOperations } from '../route/headers.ts';
import { redirectCodes } from '../route/redirect.ts';
import { hostsOverlap } from '../values/hosts.ts';
import { destination, has, labels, percent, stringMatch } from './common.ts';
import {
  boolean,
  duration,
  integer,
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
const headers: Schema = objectOf({ request: operations, response: operations });

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

const httpMatch: Schema = objectOf(
  {
    name: string,
    uri: stringMatch,
    scheme: stringMatch,
    method: stringMatch,
    authority: stringMatch,
    headers: mapOf(stringMatch),
    withoutHeaders: mapOf(stringMatch),
    queryParams: mapOf(stringMatch),
    port: integer,
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

const retries: Schema = objectOf(
  {
    attempts: integer,
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
      (has(value, 'retryOn') || has(value, 'perTryTimeout'))
    ) {
      report.invalid(path, 'has settings although attempts is 0');
    }
  },
);

const fault: Schema = objectOf(
  {
    delay: objectOf({
      fixedDelay: duration,
      percentage: percent,
      percent: integer,
      exponentialDelay: unsupported('Istio does not implement it'),
    }),
    abort: objectOf({
      httpStatus: integer,
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

const corsPolicy: Schema = objectOf({
  allowOrigin: listOf(string),
  allowOrigins: listOf(stringMatch),
  allowMethods: listOf(string),
  allowHeaders: listOf(string),
  exposeHeaders: listOf(string),
  maxAge: duration,
  allowCredentials: boolean,
  unmatchedPreflights: oneOf(['UNSPECIFIED', 'FORWARD', 'IGNORE']),
});

const redirect: Schema = objectOf(
  {
    uri: string,
    authority: string,
    port: integer,
    derivePort: oneOf(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT']),
    scheme: string,
    redirectCode: integer,
    prefixRewrite: string,
  },
  (value, report, path) => {
    const targets = ['uri', 'authority', 'scheme', 'port', 'derivePort', 'prefixRewrite'];
    if (!targets.some((field) => has(value, field))) {
      report.invalid(path, `leads nowhere: it needs one of ${targets.join(', ')}`);
    }
    const { redirectCode } = value;
    if (redirectCode === undefined || redirectCodes.includes(redirectCode as number)) return;
    report.invalid(
      `${path}.redirectCode`,
      `must be one of ${redirectCodes.join(', ')}, not ${String(redirectCode)}`,
    );
  },
);

const weighted = { destination, weight: integer };

const httpRoute: Schema = objectOf(
  {
    name: string,
    match: listOf(httpMatch),
    route: listOf(objectOf({ ...weighted, headers }, needsDestination)),
    redirect,
    directResponse: objectOf({
      status: integer,
      body: objectOf({ string, bytes: string }),
    }),
    delegate: objectOf({ name: string, namespace: string }),
    rewrite: objectOf({
      uri: string,
      authority: string,
      uriRegexRewrite: objectOf({ match: string, rewrite: string }),
    }),
    timeout: duration,
    retries,
    fault,
    mirror: destination,
    mirrors: listOf(objectOf({ destination, percentage: percent })),
    mirrorPercent: integer,
    mirror_percent: integer,
    mirrorPercentage: percent,
    corsPolicy,
    headers,
  },
  checkHttpRoute,
);

function needsDestination(value: Record<string, unknown>, report: Report, path: string): void {
  if (value.destination === undefined) report.invalid(`${path}.destination`, 'is missing');
}

function checkHttpRoute(value: Record<string, unknown>, report: Report, path: string): void {
  const actions = ['route', 'redirect', 'directResponse', 'delegate'].filter((field) =>
    has(value, field),
  );
  if (actions.length === 0) {
    report.invalid(path, 'does nothing: it needs route, redirect, directResponse or delegate');
  }
  if (actions.length > 1)
    report.invalid(path, `has ${actions.join(' and ')}: only one may be given`);
  checkWeights(value, report, path);
  checkAuthorities(value, report, path);
}

/** Of the rewrite, the route's and each destination's headers, one may set the authority. */
function checkAuthorities(value: Record<string, unknown>, report: Report, path: string): void {
  const own = [
    asString(asRecord(value.rewrite).authority) ?? '',
    headerOperations(value.headers).authority,
  ];
  for (const target of asRecords(value.route)) {
    const set = [...own, headerOperations(target.headers).authority].filter((one) => one !== '');
    if (set.length > 1) report.invalid(path, `sets the authority twice: ${set.join(' and ')}`);
  }
}

function checkWeights(value: Record<string, unknown>, report: Report, path: string): void {
  const targets = asRecords(value.route);
  const total = targets.reduce((sum, target) => sum + (asNumber(target.weight) ?? 0), 0);
  if (targets.length > 1 && total === 0) {
    report.invalid(`${path}.route`, 'has several destinations, but their weights add up to 0');
  }
}

/** Istio refuses hosts of one VirtualService that stand for the same names. */
function checkOverlap(hosts: string[], report: Report, path: string): void {
  for (const [index, host] of hosts.entries()) {
    const other = hosts.slice(0, index).find((one) => hostsOverlap(one, host));
    if (other !== undefined) report.invalid(`${path}[${index}]`, `${host} overlaps with ${other}`);
  }
}

const layer4Match = {
  destinationSubnets: listOf(string),
  port: integer,
  sourceLabels: labels,
  gateways: listOf(string),
  sourceNamespace: string,
};
const layer4Route = listOf(objectOf(weighted, needsDestination));

/** `spec` of a VirtualService. */
export const virtualService: Schema = objectOf(
  {
    hosts: listOf(string),
    gateways: listOf(string),
    http: listOf(httpRoute),
    tls: listOf(
      objectOf(
        {
          match: listOf(objectOf({ ...layer4Match, sniHosts: listOf(string) })),
          route: layer4Route,
        },
        checkWeights,
      ),
    ),
    tcp: listOf(
      objectOf(
        {
          match: listOf(
            objectOf({ ...layer4Match, sourceSubnet: unsupported('Istio does not implement it') }),
          ),
          route: layer4Route,
        },
        checkWeights,
      ),
    ),
    exportTo: listOf(string),
  },
  (value, report, path) => {
    if (!['http', 'tls', 'tcp'].some((field) => has(value, field))) {
      report.invalid(path, 'has no routes: it needs http, tls or tcp');
    }
    checkOverlap(asStrings(value.hosts), report, `${path}.hosts`);
    const isForMesh = !has(value, 'gateways') || asList(value.gateways).includes('mesh');
    if (isForMesh && asList(value.hosts).includes('*')) {
      report.invalid(`${path}.hosts`, 'may not have * when bound to the gateway mesh');
    }
  },
);
