import { asNumber, asString, asStrings } from '../../manifests/fields.ts';
import {
  checkValue,
  integerFrom,
  type Report,
  integer,
  mapOf,
  number,
  objectOf,
  oneOf,
  string,
  type Schema,
} from './schema.ts';

/** `exact`, `prefix` or `regex`, at most one. */
export const stringMatch: Schema = objectOf(
  { exact: string, prefix: string, regex: string },
  (value, report, path) => {
    const given = Object.keys(value);
    if (given.length > 1) report.invalid(path, `has ${given.join(' and ')}: only one may be given`);
    if (value.regex === '*') report.invalid(`${path}.regex`, '* is no regular expression: use .*');
    checkRegex(value.regex, report, `${path}.regex`);
  },
);

/** A {@link stringMatch} whose prefix is not empty, as it must be everywhere but in `uri`. */
export const filledMatch: Schema = objectOf(
  { exact: string, prefix: string, regex: string },
  (value, report, path) => {
    checkValue(stringMatch, value, path, report);
    if (value.prefix === '') report.invalid(`${path}.prefix`, 'is empty');
  },
);

/** A regular expression of the length that Istio takes. */
export function checkRegex(value: unknown, report: Report, path: string): void {
  const text = asString(value);
  if (text === '') report.invalid(path, 'is empty');
  if (text !== undefined && text.length > 1024)
    report.invalid(path, `has ${text.length} characters: 1024 are allowed`);
}

/** A port's number. */
export const portNumber: Schema = integerFrom(1, 65_535);

/** `{ value: 12.5 }`, from 0 to 100. */
export const percent: Schema = objectOf({ value: number }, (value, report, path) => {
  const given = asNumber(value.value) ?? 0;
  if (given < 0 || given > 100)
    report.invalid(`${path}.value`, `must be from 0 to 100, not ${given}`);
});

/** Labels, as selectors and subsets write them. */
export const labels: Schema = mapOf(string);

/** `{ number: 80 }`. */
export const portSelector: Schema = objectOf({ number: integer }, (value, report, path) => {
  const port = asNumber(value.number);
  if (port === undefined || port < 1 || port > 65_535) {
    report.invalid(
      `${path}.number`,
      `must be a port from 1 to 65535, not ${JSON.stringify(value.number)}`,
    );
  }
});

/** A service, one of its ports, one of its subsets. */
export const destination: Schema = objectOf(
  { host: string, port: portSelector, subset: string },
  (value, report, path) => {
    if (typeof value.host !== 'string' || value.host === '')
      report.invalid(`${path}.host`, 'is missing');
  },
);

/** `exportTo`: no entry twice, and `*` or `~` alone. */
export function checkExportTo(value: Record<string, unknown>, report: Report, path: string): void {
  const namespaces = asStrings(value.exportTo);
  for (const [index, one] of namespaces.entries()) {
    const here = `${path}.exportTo[${index}]`;
    if (namespaces.indexOf(one) < index) report.invalid(here, `${one} comes twice`);
    else if (['*', '~'].includes(one) && namespaces.length > 1)
      report.invalid(here, `${one} must stand alone`);
    else if (!['*', '~', '.'].includes(one) && !isDnsLabel(one))
      report.invalid(here, `${one} is no name of a namespace`);
  }
}

/** Whether a name is one label of a DNS name, as Kubernetes wants names: at most 63 of a-z, 0-9 and `-`. */
export function isDnsLabel(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);
}

/** Protocols that a port may have in Istio's own resources; any spelling of case. */
export function checkProtocol(value: unknown, path: string, report: Report): void {
  const known = [
    'HTTP',
    'HTTPS',
    'GRPC',
    'GRPC-WEB',
    'HTTP2',
    'MONGO',
    'TCP',
    'TLS',
    'REDIS',
    'MYSQL',
    'UDP',
  ];
  const text = typeof value === 'string' ? value.toUpperCase() : '';
  if (text === 'HTTP_PROXY') report.unsupported(path, 'HTTP proxy ports are not translated');
  else if (value !== undefined && !known.includes(text)) {
    report.invalid(path, `must be one of ${known.join(', ')}, not ${JSON.stringify(value)}`);
  }
}

/** Where a workload may be: `mode` of outbound traffic that no service matches. */
export const outboundTrafficPolicy: Schema = objectOf({
  mode: oneOf(['REGISTRY_ONLY', 'ALLOW_ANY'], {
    ALLOW_ANY_DYNAMIC_DNS: 'the dynamic forward proxy is not translated',
  }),
  egressProxy: destination,
});

/** Refuses addresses of Unix domain sockets, which nothing here can dial. */
export function refuseUnixSocket(value: unknown, path: string, report: Report): void {
  if (typeof value === 'string' && value.startsWith('unix://')) {
    report.unsupported(path, 'Unix domain sockets are not translated');
  }
}

/** The namespace-less selector `{ labels: {...} }` of Sidecars, ServiceEntries and EnvoyFilters. */
export const workloadSelector: Schema = objectOf({ labels });

/** The selector `{ matchLabels: {...} }` of security resources and DestinationRules. */
export const matchLabels: Schema = objectOf({ matchLabels: labels });

/** Whether an object names a field with something in it. */
export function has(value: Record<string, unknown>, field: string): boolean {
  const given = value[field];
  return given !== undefined && given !== null && (Array.isArray(given) ? given.length > 0 : true);
}

/** A check that an object says anything: Istio refuses empty ones here. */
export function notEmpty(value: Record<string, unknown>, report: Report, path: string): void {
  if (Object.keys(value).length === 0) report.invalid(path, 'is empty');
}
