import type { OracleCase } from '../case.ts';
import { destinationRule, networking, outbound, shop, virtualService } from './outbound-base.ts';

const full = (name: string, manifests: string, workload?: string): OracleCase =>
  outbound(`rule-${name}`, shop + manifests, workload);

/** One traffic policy (its fields) for `users`. */
const policy = (name: string, fields: string): OracleCase =>
  full(name, destinationRule('users', `host: users, trafficPolicy: { ${fields} }`));

const usersRoute = virtualService(
  'users',
  'hosts: [users], http: [{ route: [{ destination: { host: users } }] }]',
);

const balancing = [
  policy('round-robin', 'loadBalancer: { simple: ROUND_ROBIN }'),
  policy('random', 'loadBalancer: { simple: RANDOM }'),
  policy('least-conn', 'loadBalancer: { simple: LEAST_CONN }'),
  policy('least-request', 'loadBalancer: { simple: LEAST_REQUEST }'),
  policy('passthrough', 'loadBalancer: { simple: PASSTHROUGH }'),
  policy('unspecified-balancer', 'loadBalancer: { simple: UNSPECIFIED }'),
  policy(
    'warmup',
    'loadBalancer: { simple: ROUND_ROBIN, warmup: { duration: 60s, minimumPercent: 20, aggression: 1.5 } }',
  ),
  policy(
    'warmup-from-zero',
    'loadBalancer: { simple: LEAST_REQUEST, warmup: { duration: 30s, minimumPercent: 0 } }',
  ),
  policy(
    'warmup-beside-a-ring',
    'loadBalancer: { consistentHash: { httpHeaderName: x-user, ringHash: {} }, warmup: { duration: 30s } }',
  ),
  policy('warmup-defaults', 'loadBalancer: { simple: LEAST_REQUEST, warmup: { duration: 30s } }'),
  policy('warmup-duration', 'loadBalancer: { simple: LEAST_REQUEST, warmupDurationSecs: 45s }'),
  policy('hash-header', 'loadBalancer: { consistentHash: { httpHeaderName: x-user } }'),
  policy(
    'hash-cookie',
    'loadBalancer: { consistentHash: { httpCookie: { name: user, path: /, ttl: 0s } } }',
  ),
  policy('hash-cookie-session', 'loadBalancer: { consistentHash: { httpCookie: { name: user } } }'),
  policy('hash-source-ip', 'loadBalancer: { consistentHash: { useSourceIp: true } }'),
  policy(
    'hash-query',
    'loadBalancer: { consistentHash: { httpQueryParameterName: user, ringHash: { minimumRingSize: 2048 } } }',
  ),
  policy(
    'hash-maglev',
    'loadBalancer: { consistentHash: { httpHeaderName: x-user, maglev: { tableSize: 65537 } } }',
  ),
  policy(
    'hash-old-ring-size',
    'loadBalancer: { consistentHash: { httpHeaderName: x-user, minimumRingSize: 4096 } }',
  ),
  full(
    'hash-and-virtual-service',
    usersRoute +
      destinationRule(
        'users',
        'host: users, trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: x-user } } }',
      ),
  ),
  full(
    'hash-of-subset',
    destinationRule(
      'reviews',
      `host: reviews, trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: x-all } } },
    subsets: [{ name: v1, labels: { version: v1 }, trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: x-v1 } } } }, { name: v2, labels: { version: v2 } }]`,
    ) +
      virtualService(
        'reviews',
        `hosts: [reviews], http: [{ route: [{ destination: { host: reviews, subset: v1 }, weight: 50 }, { destination: { host: reviews, subset: v2 }, weight: 50 }] }]`,
      ),
  ),
];

const pools = [
  policy(
    'connection-pool',
    `connectionPool: {
    tcp: { maxConnections: 100, connectTimeout: 30ms, idleTimeout: 1h, maxConnectionDuration: 2h, tcpKeepalive: { probes: 3, time: 7200s, interval: 75s } },
    http: { http1MaxPendingRequests: 10, http2MaxRequests: 20, maxRequestsPerConnection: 1, maxRetries: 5, idleTimeout: 90s, maxConcurrentStreams: 7 } }`,
  ),
  policy('pool-tcp-only', 'connectionPool: { tcp: { maxConnections: 1 } }'),
  policy(
    'pool-zeros',
    'connectionPool: { tcp: { maxConnections: 0 }, http: { http1MaxPendingRequests: 0, maxRetries: 0 } }',
  ),
  policy('pool-idle-timeout', 'connectionPool: { tcp: { idleTimeout: 5m } }'),
  policy(
    'h2-upgrade',
    'connectionPool: { http: { h2UpgradePolicy: UPGRADE, maxConcurrentStreams: 100, http2KeepAlive: { interval: 10s, timeout: 5s } } }',
  ),
  policy('h2-do-not-upgrade', 'connectionPool: { http: { h2UpgradePolicy: DO_NOT_UPGRADE } }'),
  policy('use-client-protocol', 'connectionPool: { http: { useClientProtocol: true } }'),
  full(
    'pool-of-grpc',
    destinationRule(
      'stock',
      'host: stock, trafficPolicy: { connectionPool: { http: { maxConcurrentStreams: 50, http2MaxRequests: 9, http2KeepAlive: { interval: 30s, timeout: 3s } } } }',
    ),
  ),
  policy('retry-budget', 'retryBudget: { percent: 25.5, minRetryConcurrency: 10 }'),
  policy('retry-budget-defaults', 'retryBudget: {}'),
  policy('retry-budget-interval', 'retryBudget: { budgetInterval: 2s }'),
];

const outliers = [
  policy(
    'outlier-all-fields',
    `outlierDetection: { consecutive5xxErrors: 7, consecutiveGatewayErrors: 3, interval: 5m, baseEjectionTime: 15m,
    maxEjectionPercent: 50, minHealthPercent: 30, splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 4 }`,
  ),
  policy('outlier-empty', 'outlierDetection: {}'),
  policy(
    'outlier-switched-off',
    'outlierDetection: { consecutive5xxErrors: 0, consecutiveGatewayErrors: 0 }',
  ),
  policy(
    'outlier-split-only',
    'outlierDetection: { consecutive5xxErrors: 1, splitExternalLocalOriginErrors: true }',
  ),
];

const tls = [
  policy('tls-disable', 'tls: { mode: DISABLE }'),
  policy('tls-istio-mutual', 'tls: { mode: ISTIO_MUTUAL }'),
  policy(
    'tls-istio-mutual-names',
    "tls: { mode: ISTIO_MUTUAL, sni: users.example.com, subjectAltNames: ['spiffe://other/ns/a/sa/b'] }",
  ),
  policy('tls-simple', 'tls: { mode: SIMPLE }'),
  policy(
    'tls-simple-names',
    'tls: { mode: SIMPLE, sni: users.example.com, subjectAltNames: [users.example.com], caCertificates: /etc/ca.pem }',
  ),
  policy('tls-simple-unverified', 'tls: { mode: SIMPLE, insecureSkipVerify: true }'),
  policy(
    'tls-mutual',
    'tls: { mode: MUTUAL, clientCertificate: /etc/c.pem, privateKey: /etc/k.pem, caCertificates: /etc/ca.pem }',
  ),
  full(
    'tls-automatic-disabled-by-namespace',
    networking('PeerAuthentication', 'default', 'mtls: { mode: DISABLE }').replace(
      'networking.',
      'security.',
    ),
  ),
  full(
    'tls-automatic-disabled-for-workload',
    networking(
      'PeerAuthentication',
      'users',
      'selector: { matchLabels: { app: users } }, mtls: { mode: DISABLE }',
    ).replace('networking.', 'security.'),
  ),
  full(
    'tls-automatic-strict',
    networking('PeerAuthentication', 'default', 'mtls: { mode: STRICT }').replace(
      'networking.',
      'security.',
    ),
  ),
];

const plainUsers = shop.replace(
  'labels: { app: users }',
  "labels: { app: users, sidecar.istio.io/inject: 'false' }",
);
const corners = [
  full(
    'passthrough-of-subset-over-its-port',
    destinationRule(
      'users',
      `host: users, subsets: [{ name: all, labels: { app: users }, trafficPolicy: { loadBalancer: { simple: PASSTHROUGH },
        portLevelSettings: [{ port: { number: 8080 }, loadBalancer: { simple: RANDOM } }] } }]`,
    ),
  ),
  full(
    'passthrough-of-subset-rule',
    destinationRule(
      'reviews',
      `host: reviews, trafficPolicy: { loadBalancer: { simple: PASSTHROUGH } }, subsets: [
        { name: v1, labels: { version: v1 } },
        { name: v2, labels: { version: v2 }, trafficPolicy: { loadBalancer: { simple: RANDOM } } },
        { name: v4, labels: { version: v4 } }]`,
    ),
  ),
  full(
    'passthrough-of-port-without-sidecars',
    destinationRule(
      'users',
      `host: users, trafficPolicy: { portLevelSettings: [{ port: { number: 8080 }, loadBalancer: { simple: PASSTHROUGH } }] },
       subsets: [{ name: all, labels: { app: users } }]`,
    ),
  ),
  outbound(
    'rule-passthrough-without-sidecars',
    plainUsers +
      destinationRule(
        'users',
        'host: users, trafficPolicy: { loadBalancer: { simple: PASSTHROUGH } }',
      ),
  ),
  outbound(
    'rule-tls-istio-mutual-without-sidecars',
    plainUsers +
      destinationRule('users', 'host: users, trafficPolicy: { tls: { mode: ISTIO_MUTUAL } }'),
  ),
];

const merging = [
  full(
    'subset-policies',
    destinationRule(
      'reviews',
      `host: reviews, trafficPolicy: { connectionPool: { tcp: { maxConnections: 10 } }, outlierDetection: { consecutive5xxErrors: 9 }, loadBalancer: { simple: RANDOM }, retryBudget: {} },
    subsets: [{ name: v1, labels: { version: v1 } },
      { name: v2, labels: { version: v2 }, trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN }, tls: { mode: DISABLE } } },
      { name: v3, labels: { version: v3 }, trafficPolicy: { retryBudget: { percent: 50 }, portLevelSettings: [{ port: { number: 9080 }, connectionPool: { http: { maxRetries: 2 } } }] } }]`,
    ),
  ),
  policy(
    'port-level-settings',
    `loadBalancer: { simple: RANDOM }, outlierDetection: { consecutive5xxErrors: 2 }, retryBudget: {},
    portLevelSettings: [{ port: { number: 8080 }, connectionPool: { tcp: { maxConnections: 3 } } }, { port: { number: 9999 }, loadBalancer: { simple: ROUND_ROBIN } }]`,
  ),
  full(
    'port-level-tls-and-hash',
    usersRoute +
      destinationRule(
        'users',
        `host: users, trafficPolicy: { tls: { mode: ISTIO_MUTUAL }, portLevelSettings: [
    { port: { number: 8080 }, tls: { mode: DISABLE }, loadBalancer: { consistentHash: { httpHeaderName: x } } }] }`,
      ),
  ),
  full(
    'two-rules-of-one-host',
    destinationRule('a', 'host: users, subsets: [{ name: v1, labels: { version: v1 } }]') +
      destinationRule(
        'b',
        'host: users, trafficPolicy: { loadBalancer: { simple: RANDOM } }, subsets: [{ name: v1, labels: { version: other } }, { name: v2, labels: { version: v2 } }]',
      ) +
      destinationRule(
        'c',
        'host: users.shop.svc.cluster.local, trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN } }',
      ),
  ),
  full(
    'wildcard-host',
    destinationRule(
      'all',
      "host: '*.shop.svc.cluster.local', trafficPolicy: { connectionPool: { tcp: { maxConnections: 5 } } }",
    ) +
      destinationRule(
        'everything',
        "host: '*.local', trafficPolicy: { connectionPool: { tcp: { maxConnections: 6 } } }",
      ) +
      destinationRule('users', 'host: users, trafficPolicy: { loadBalancer: { simple: RANDOM } }'),
  ),
  full(
    'client-namespace-first',
    destinationRule(
      'mine',
      'host: billing.sales.svc.cluster.local, trafficPolicy: { connectionPool: { tcp: { maxConnections: 1 } } }',
    ) +
      destinationRule(
        'theirs',
        'host: billing, trafficPolicy: { connectionPool: { tcp: { maxConnections: 2 } } }',
        'sales',
      ) +
      destinationRule(
        'mesh',
        "host: '*.local', trafficPolicy: { connectionPool: { tcp: { maxConnections: 3 } } }",
        'istio-system',
      ),
  ),
  full(
    'service-namespace-next',
    destinationRule(
      'theirs',
      'host: billing, trafficPolicy: { connectionPool: { tcp: { maxConnections: 2 } } }',
      'sales',
    ) +
      destinationRule(
        'mesh',
        "host: '*.local', trafficPolicy: { connectionPool: { tcp: { maxConnections: 3 } } }",
        'istio-system',
      ),
  ),
  full(
    'root-namespace-last',
    destinationRule(
      'mesh',
      "host: '*.local', trafficPolicy: { connectionPool: { tcp: { maxConnections: 3 } } }",
      'istio-system',
    ),
  ),
  full(
    'not-exported',
    destinationRule(
      'theirs',
      "host: billing, exportTo: ['.'], trafficPolicy: { connectionPool: { tcp: { maxConnections: 2 } } }",
      'sales',
    ),
  ),
  full(
    'exported-to-another',
    destinationRule(
      'theirs',
      'host: billing, exportTo: [stage], trafficPolicy: { connectionPool: { tcp: { maxConnections: 2 } } }',
      'sales',
    ) +
      destinationRule(
        'mesh',
        "host: '*.local', trafficPolicy: { connectionPool: { tcp: { maxConnections: 3 } } }",
        'istio-system',
      ),
  ),
  full(
    'exports-that-differ',
    destinationRule(
      'a',
      "host: billing, exportTo: ['.'], trafficPolicy: { loadBalancer: { simple: RANDOM } }",
      'sales',
    ) +
      destinationRule(
        'b',
        "host: billing, exportTo: ['*'], trafficPolicy: { connectionPool: { tcp: { maxConnections: 2 } } }",
        'sales',
      ),
  ),
  full(
    'workload-selector',
    destinationRule(
      'all',
      'host: users, trafficPolicy: { connectionPool: { tcp: { maxConnections: 1 } } }',
    ) +
      destinationRule(
        'front',
        'host: users, workloadSelector: { matchLabels: { tier: front } }, trafficPolicy: { connectionPool: { tcp: { maxConnections: 2 } } }',
      ),
  ),
  full(
    'workload-selector-of-another',
    destinationRule(
      'all',
      'host: users, trafficPolicy: { connectionPool: { tcp: { maxConnections: 1 } } }',
    ) +
      destinationRule(
        'back',
        'host: users, workloadSelector: { matchLabels: { tier: back } }, trafficPolicy: { connectionPool: { tcp: { maxConnections: 2 } } }',
      ),
  ),
  full(
    'of-rule-in-wrong-namespace',
    destinationRule(
      'stray',
      'host: users, trafficPolicy: { connectionPool: { tcp: { maxConnections: 4 } } }',
      'sales',
    ),
  ),
];

/** What a DestinationRule makes of a caller's clusters, and which one applies. */
export const cases: OracleCase[] = [
  ...balancing,
  ...pools,
  ...outliers,
  ...tls,
  ...corners,
  ...merging,
];
