import { labels, portSelector } from './common.ts';
import {
  boolean,
  duration,
  durationOrZero,
  integer,
  listOf,
  number,
  objectOf,
  oneOf,
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
  maglev: objectOf({ tableSize: integer }),
  minimumRingSize: integer,
});

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
export const connectionPool: Schema = objectOf({
  tcp: objectOf({
    maxConnections: integer,
    connectTimeout: duration,
    tcpKeepalive: objectOf({ probes: integer, time: duration, interval: duration }),
    maxConnectionDuration: duration,
    idleTimeout: durationOrZero,
  }),
  http: objectOf({
    http1MaxPendingRequests: integer,
    http2MaxRequests: integer,
    maxRequestsPerConnection: integer,
    maxRetries: integer,
    idleTimeout: durationOrZero,
    h2UpgradePolicy: oneOf(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']),
    useClientProtocol: boolean,
    maxConcurrentStreams: integer,
    http2KeepAlive: objectOf({ interval: duration, timeout: duration }),
  }),
});

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

const trafficPolicy: Schema = objectOf({
  ...portFields,
  portLevelSettings: listOf(objectOf({ port: portSelector, ...portFields })),
  retryBudget: objectOf({
    percent: number,
    minRetryConcurrency: integer,
    budgetInterval: durationOrZero,
  }),
  tunnel: unsupported('tunnels through HTTP CONNECT are not translated'),
  proxyProtocol: unsupported('the PROXY protocol is not translated'),
});

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
