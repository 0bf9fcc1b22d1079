import { labels, notEmpty, portSelector } from './common.ts';
import {
  boolean,
  duration,
  durationOrZero,
  integer,
  listOf,
  number,
  objectOf,
  oneOf,
  type Report,
  string,
  unsupported,
  type Schema,
} from './schema.ts';

const locality = unsupported('replicas have no locality here, so that there is nothing to prefer');

const consistentHash: Schema = objectOf({
  httpHeaderName: string,
  httpCookie: objectOf({
    name: string,
    path: string,
    ttl: durationOrZero,
    attributes: listOf(objectOf({ name: string, value: string })),
  }),
  useSourceIp: boolean,
  httpQueryParameterName: string,
  ringHash: objectOf({ minimumRingSize: integer }),
  maglev: objectOf({ tableSize: integer }, ({ tableSize }, report, path) => {
    if (isPrime(tableSize)) return;
    report.invalid(`${path}.tableSize`, `must be a prime number, not ${String(tableSize)}`);
  }),
  minimumRingSize: integer,
});

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
    warmup: objectOf({ duration, minimumPercent: number, aggression: number }),
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
      maxConnections: integer,
      connectTimeout: duration,
      tcpKeepalive: objectOf({ probes: integer, time: duration, interval: duration }),
      maxConnectionDuration: duration,
      idleTimeout: durationOrZero,
    }),
    http: objectOf(
      {
        http1MaxPendingRequests: integer,
        http2MaxRequests: integer,
        maxRequestsPerConnection: integer,
        maxRetries: integer,
        idleTimeout: durationOrZero,
        h2UpgradePolicy: oneOf(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']),
        useClientProtocol: boolean,
        maxConcurrentStreams: integer,
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

const outlierDetection: Schema = objectOf({
  consecutive5xxErrors: integer,
  consecutiveGatewayErrors: integer,
  consecutiveLocalOriginFailures: integer,
  splitExternalLocalOriginErrors: boolean,
  interval: duration,
  baseEjectionTime: duration,
  maxEjectionPercent: integer,
  minHealthPercent: integer,
  consecutiveErrors: unsupported('deprecated, and ignored by Istio: use consecutive5xxErrors'),
  outlierDetectionHttpErrorCodes: unsupported('ignored by the Istio version that is followed here'),
});

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
      }),
    ),
    exportTo: listOf(string),
    workloadSelector: objectOf({ matchLabels: labels }),
  },
  (value, report, path) => {
    if (typeof value.host !== 'string' || value.host === '')
      report.invalid(`${path}.host`, 'is missing');
  },
);
