import { asNumber, asRecord, asRecords, asString, asStringMap } from '../../manifests/fields.ts';
import { headerOperations } from '../route/headers.ts';
import { checkRegex, destination, has, notEmpty, percent } from './common.ts';
import {
  corsPolicy,
  fault,
  headers,
  httpMatch,
  httpStatus,
  isAuthority,
  redirect,
  retries,
} from './http-options.ts';
import {
  count,
  duration,
  integerFrom,
  listOf,
  objectOf,
  type Report,
  type Schema,
  string,
} from './schema.ts';

/** A destination and its share. */
export const weighted = { destination, weight: count };

/** One of `http` of a VirtualService. */
export const httpRoute: Schema = objectOf(
  {
    name: string,
    match: listOf(httpMatch),
    route: listOf(objectOf({ ...weighted, headers }, needsDestination)),
    redirect,
    directResponse: objectOf({
      status: httpStatus,
      body: objectOf({ string, bytes: string }),
    }),
    delegate: objectOf({ name: string, namespace: string }),
    rewrite: objectOf(
      {
        uri: string,
        authority: string,
        uriRegexRewrite: objectOf({ match: string, rewrite: string }, (value, report, path) => {
          checkRegex(value.match ?? '', report, `${path}.match`);
          if (!asString(value.rewrite)) report.invalid(`${path}.rewrite`, 'is missing');
        }),
      },
      (value, report, path) => {
        notEmpty(value, report, path);
        if (asString(value.uri) && has(value, 'uriRegexRewrite'))
          report.invalid(path, 'has uri and uriRegexRewrite: only one may be given');
      },
    ),
    timeout: duration,
    retries,
    fault,
    mirror: destination,
    mirrors: listOf(objectOf({ destination, percentage: percent })),
    mirrorPercent: integerFrom(0, 100),
    mirror_percent: integerFrom(0, 100),
    mirrorPercentage: percent,
    corsPolicy,
    headers,
  },
  checkHttpRoute,
);

/** Reports a target that leads nowhere. */
export function needsDestination(
  value: Record<string, unknown>,
  report: Report,
  path: string,
): void {
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
  checkConflicts(value, report, path);
  checkWeights(value, report, path);
  checkAuthorities(value, report, path);
}

/** What Istio does not take together. */
function checkConflicts(value: Record<string, unknown>, report: Report, path: string): void {
  for (const action of ['redirect', 'directResponse']) {
    for (const other of ['fault', 'rewrite']) {
      if (has(value, action) && has(value, other))
        report.invalid(path, `has ${action} and ${other}: they exclude each other`);
    }
  }
  if (has(value, 'mirror') && has(value, 'mirrors'))
    report.invalid(path, 'has mirror and mirrors: only one may be given');
  if (asString(asRecord(value.redirect).prefixRewrite)) {
    for (const [index, { uri }] of asRecords(value.match).entries()) {
      if (uri === undefined || asRecord(uri).prefix !== undefined) continue;
      report.invalid(
        `${path}.match[${index}].uri`,
        'must be a prefix, since prefixRewrite replaces it',
      );
    }
  }
}

/** What `set` and `add` make of the authority, by any of its names. */
function authoritiesOf(headers: unknown): string[] {
  const { set, add } = asRecord(asRecord(headers).request);
  return [set, add]
    .flatMap((operations) => Object.entries(asStringMap(operations)))
    .filter(([name]) => isAuthority(name))
    .map(([, text]) => text);
}

/** Of the rewrite, the route's and each destination's headers, one may set the authority. */
function checkAuthorities(value: Record<string, unknown>, report: Report, path: string): void {
  const own = [
    asString(asRecord(value.rewrite).authority) ?? '',
    ...authoritiesOf(value.headers),
  ].filter((one) => one !== '');
  for (const [index, { headers }] of asRecords(value.route).entries()) {
    if (authoritiesOf(headers).length > 1)
      report.unsupported(
        `${path}.route[${index}].headers`,
        'it sets the authority twice, of which Istio takes one by chance',
      );
  }
  const targets = asRecords(value.route).map(({ headers }) => headerOperations(headers).authority);
  const extra = targets.find((one) => one !== '');
  const all = extra === undefined ? own : [...own, extra];
  if (all.length > 1) report.invalid(path, `sets the authority twice: ${all.join(' and ')}`);
}

/** Reports destinations none of which would be taken. */
export function checkWeights(value: Record<string, unknown>, report: Report, path: string): void {
  const targets = asRecords(value.route);
  const total = targets.reduce((sum, target) => sum + (asNumber(target.weight) ?? 0), 0);
  if (targets.length > 1 && total === 0) {
    report.invalid(`${path}.route`, 'has several destinations, but their weights add up to 0');
  }
}
