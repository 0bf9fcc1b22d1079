import { asNumber, asRecords, asString } from '../../manifests/fields.ts';
import { checkExportTo, has, isDnsLabel, labels, notEmpty, portSelector } from './common.ts';
import {
  boolean,
  count,
  duration,
  durationOrZero,
  integer,
  integerFrom,
  listOf,
  number,
  numberFrom,
  objectOf,
  oneOf,
  type Report,
  string,
  unsupported,
  type Schema,
} from './schema.ts';

const locality = unsupported('replicas have no locality here, so that there is nothing to prefer');

const consistentHash: Schema = objectOf(
  {
    httpHeaderName: string,
    httpCookie: objectOf(
      {
        name: string,
        path: string,
        ttl: durationOrZero,
        attributes: listOf(objectOf({ name: string, value: string }, needsName)),
      },
      (value, report, path) => {
        needsName(value, report, path);
        const names = asRecords(value.attributes).map((one) => asString(one.name));
        if (new Set(names).size < names.length)
          report.invalid(`${path}.attributes`, 'has a name twice');
      },
    ),
    useSourceIp: boolean,
    httpQueryParameterName: string,
    ringHash: objectOf({ minimumRingSize: count }),
    maglev: objectOf({ tableSize: integerFrom(1, 5_000_010) }, ({ tableSize }, report, path) => {
      if (isPrime(tableSize)) return;
      report.invalid(`${path}.tableSize`, `must be a prime number, not ${String(tableSize)}`);
    }),
    minimumRingSize: count,
  },
  (value, report, path) => {
    const hasAlgorithm = has(value, 'ringHash') || has(value, 'maglev');
    if (hasAlgorithm && (asNumber(value.minimumRingSize) ?? 0) > 0)
      report.invalid(`${path}.minimumRingSize`, 'may not stand beside ringHash or maglev');
  },
);

function needsName(value: Record<string, unknown>, report: Report, path: string): void {
  if (!asString(value.name)) report.invalid(`${path}.name`, 'is missing');
}

function isPrime(value: unknown): boolean {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 2) return false;
  for (let divisor = 2; divisor * divisor <= value; divisor += 1) {
    if (value % divisor === 0) return false;
  }
  return true;
}

const loadBalancer: Schema = objectOf(
  {
    simple: oneOf([
      'UNSPECIFIED',
      'LEAST_CONN',
      'LEAST_REQUEST',
      'RANDOM',
      'PASSTHROUGH',
      'ROUND_ROBIN',
    ]),
    consistentHash,
    localityLbSetting: locality,
    zoneAwareLbSetting: locality,
    warmupDurationSecs: duration,
    warmup: objectOf(
      { duration, minimumPercent: numberFrom(0, 100), aggression: number },
      (value, report, path) => {
        if (value.duration === undefined) report.invalid(`${path}.duration`, 'is missing');
        if ((asNumber(value.aggression) ?? 1) <= 0)
          report.invalid(`${path}.aggression`, 'must be greater than 0');
      },
    ),
  },
  (value, report, path) => {
    if (value.simple !== undefined && value.consistentHash !== undefined) {
      report.invalid(path, 'has simple and consistentHash: only one may be given');
    }
  },
);

/** `connectionPool` of a traffic policy or a Sidecar. */
export const connectionPool: Schema = objectOf(
  {
    tcp: objectOf({
      maxConnections: count,
      connectTimeout: duration,
      tcpKeepalive: objectOf({ probes: integer, time: duration, interval: duration }),
      maxConnectionDuration: duration,
      idleTimeout: durationOrZero,
    }),
    http: objectOf(
      {
        http1MaxPendingRequests: count,
        http2MaxRequests: count,
        maxRequestsPerConnection: count,
        maxRetries: count,
        idleTimeout: duration,
        h2UpgradePolicy: oneOf(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']),
        useClientProtocol: boolean,
        maxConcurrentStreams: count,
        http2KeepAlive: objectOf({ interval: duration, timeout: duration }, needsBoth),
      },
      (value, report, path) => {
        if (value.useClientProtocol !== true || value.h2UpgradePolicy !== 'UPGRADE') return;
        report.invalid(path, 'has useClientProtocol and h2UpgradePolicy UPGRADE: they contradict');
      },
    ),
  },
  notEmpty,
);

function needsBoth(value: Record<string, unknown>, report: Report, path: string): void {
  for (const field of ['interval', 'timeout']) {
    if (value[field] === undefined) report.invalid(`${path}.${field}`, 'is missing');
  }
}

const outlierDetection: Schema = objectOf(
  {
    consecutive5xxErrors: integer,
    consecutiveGatewayErrors: integer,
    consecutiveLocalOriginFailures: integer,
    splitExternalLocalOriginErrors: boolean,
    interval: duration,
    baseEjectionTime: duration,
    maxEjectionPercent: integerFrom(0, 100),
    minHealthPercent: integerFrom(0, 100),
    consecutiveErrors: unsupported('deprecated, and ignored by Istio: use consecutive5xxErrors'),
    outlierDetectionHttpErrorCodes: unsupported(
      'ignored by the Istio version that is followed here',
    ),
  },
  (value, report, path) => {
    const isCounted = (asNumber(value.consecutiveLocalOriginFailures) ?? 0) > 0;
    if (isCounted && value.splitExternalLocalOriginErrors !== true) {
      report.invalid(
        `${path}.consecutiveLocalOriginFailures`,
        'counts nothing unless splitExternalLocalOriginErrors is true',
      );
    }
  },
);

const tls: Schema = objectOf(
  {
    mode: oneOf(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']),
    clientCertificate: string,
    privateKey: string,
    caCertificates: string,
    credentialName: unsupported('sidecars cannot read Secrets; Istio ignores it in them, too'),
    subjectAltNames: listOf(string),
    sni: string,
    insecureSkipVerify: boolean,
    caCrl: string,
  },
  (value, report, path) => {
    if (value.insecureSkipVerify === true && ['SIMPLE', 'MUTUAL'].includes(String(value.mode))) {
      for (const field of ['caCertificates', 'subjectAltNames']) {
        if (has(value, field))
          report.invalid(`${path}.${field}`, 'may not stand beside insecureSkipVerify');
      }
    }
    if (value.mode !== 'MUTUAL') return;
    for (const field of ['clientCertificate', 'privateKey']) {
      if (typeof value[field] !== 'string')
        report.invalid(`${path}.${field}`, 'is needed with mode MUTUAL');
    }
  },
);

/** What may be set for one port as well as for all. */
const portFields = { loadBalancer, connectionPool, outlierDetection, tls };

const trafficPolicy: Schema = objectOf(
  {
    ...portFields,
    portLevelSettings: listOf(
      objectOf({ port: portSelector, ...portFields }, (value, report, path) => {
        const { port, ...others } = value;
        if (port === undefined) report.invalid(`${path}.port`, 'is missing');
        notEmpty(others, report, path);
      }),
    ),
    retryBudget: objectOf({
      percent: number,
      minRetryConcurrency: integer,
      budgetInterval: durationOrZero,
    }),
    tunnel: unsupported('tunnels through HTTP CONNECT are not translated'),
    proxyProtocol: unsupported('the PROXY protocol is not translated'),
  },
  notEmpty,
);

/** `spec` of a DestinationRule. */
export const destinationRule: Schema = objectOf(
  {
    host: string,
    trafficPolicy,
    subsets: listOf(
      objectOf({ name: string, labels, trafficPolicy }, (value, report, path) => {
        if (typeof value.name !== 'string' || value.name === '')
          report.invalid(`${path}.name`, 'is missing');
        else if (!isDnsLabel(value.name))
          report.invalid(`${path}.name`, `${value.name} is no label of a DNS name`);
      }),
    ),
    exportTo: listOf(string),
    workloadSelector: objectOf({ matchLabels: labels }),
  },
  (value, report, path) => {
    if (typeof value.host !== 'string' || value.host === '')
      report.invalid(`${path}.host`, 'is missing');
    const names = asRecords(value.subsets).map((subset) => subset.name);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index)
        report.invalid(`${path}.subsets[${index}].name`, `${String(name)} comes twice`);
    }
    checkExportTo(value, report, path);
  },
);
