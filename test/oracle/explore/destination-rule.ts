import type { Json, JsonObject } from '../../../src/json.ts';
import {
  durations,
  exportTo,
  hostOrWildcard,
  namespaces,
  portNumbers,
  resource,
  workloadLabels,
} from './names.ts';
import type { Random } from './random.ts';

/** A DestinationRule with every part of a traffic policy. */
export function destinationRule(random: Random, index: number): JsonObject {
  const hasSelector = random.chance(0.15);
  const subset = (name: string): JsonObject => ({
    name,
    ...random.fields({
      labels: [0.95, () => ({ version: name })],
      trafficPolicy: [0.4, () => trafficPolicy(random)],
    }),
  });
  return resource(
    'DestinationRule',
    { name: `dr${index}`, namespace: random.pick(namespaces) },
    {
      host: hostOrWildcard(random),
      ...random.fields({
        trafficPolicy: [0.75, () => trafficPolicy(random)],
        subsets: [0.6, () => random.some(['v1', 'v2', 'v1'], 1, 2).map(subset)],
      }),
      ...(hasSelector
        ? { workloadSelector: { matchLabels: workloadLabels(random) } }
        : exportTo(random)),
    },
  );
}

/** `connectionPool` of a traffic policy or a Sidecar. */
export function connectionPool(random: Random): JsonObject {
  return random.fields({ tcp: [0.6, () => tcp(random)], http: [0.6, () => http(random)] });
}

function trafficPolicy(random: Random): JsonObject {
  return {
    ...portPolicy(random),
    ...random.fields({
      retryBudget: [
        0.15,
        () =>
          random.fields({
            percent: [0.6, () => random.pick([10, 0.5, 0])],
            minRetryConcurrency: [0.6, () => random.pick([0, 1, 5])],
            budgetInterval: [0.3, () => random.pick(['10s', '0s'])],
          }),
      ],
      portLevelSettings: [
        0.3,
        () =>
          random.list(1, 2, () => ({
            port: { number: random.pick(portNumbers) },
            ...portPolicy(random),
          })),
      ],
    }),
  };
}

function portPolicy(random: Random): JsonObject {
  return random.fields({
    loadBalancer: [0.4, () => loadBalancer(random)],
    connectionPool: [0.4, () => connectionPool(random)],
    outlierDetection: [0.3, () => outlierDetection(random)],
    tls: [0.3, () => tls(random)],
  });
}

function loadBalancer(random: Random): JsonObject {
  const simple = [
    'ROUND_ROBIN',
    'RANDOM',
    'LEAST_REQUEST',
    'LEAST_CONN',
    'PASSTHROUGH',
    'UNSPECIFIED',
  ];
  return {
    ...(random.chance(0.6)
      ? { simple: random.pick(simple) }
      : { consistentHash: consistentHash(random) }),
    ...random.fields({
      warmup: [
        0.15,
        () => ({
          duration: random.pick(durations),
          ...random.fields({
            minimumPercent: [0.4, () => random.pick([0, 10, 50])],
            aggression: [0.4, () => random.pick([1, 2.5])],
          }),
        }),
      ],
      warmupDurationSecs: [0.1, () => random.pick(durations)],
    }),
  };
}

function consistentHash(random: Random): JsonObject {
  const cookie = (): JsonObject => ({
    name: 'c',
    ...random.fields({
      ttl: [0.6, () => random.pick(['10s', '0s'])],
      path: [0.4, () => '/p'],
      attributes: [0.2, () => [{ name: 'SameSite', value: 'Lax' }]],
    }),
  });
  return {
    ...random.pick<() => JsonObject>([
      () => ({ httpHeaderName: 'x-user' }),
      () => ({ useSourceIp: true }),
      () => ({ httpQueryParameterName: 'q' }),
      () => ({ httpCookie: cookie() }),
    ])(),
    ...random.pick<JsonObject>([
      {},
      {},
      { maglev: {} },
      { maglev: { tableSize: 1021 } },
      { ringHash: {} },
      { ringHash: { minimumRingSize: 64 } },
      { minimumRingSize: 2048 },
    ]),
  };
}

function tcp(random: Random): JsonObject {
  return random.fields({
    maxConnections: [0.5, () => random.pick([1, 5, 0])],
    connectTimeout: [0.5, () => random.pick(durations)],
    tcpKeepalive: [
      0.3,
      () =>
        random.fields({
          probes: [0.6, () => 3],
          time: [0.6, () => random.pick(['10s', '1m'])],
          interval: [0.6, () => '5s'],
        }),
    ],
    maxConnectionDuration: [0.3, () => random.pick(durations)],
    idleTimeout: [0.4, () => random.pick([...durations, '0s'])],
  });
}

function http(random: Random): JsonObject {
  return random.fields({
    http1MaxPendingRequests: [0.5, () => random.pick([0, 7])],
    http2MaxRequests: [0.4, () => random.pick([0, 11])],
    maxRequestsPerConnection: [0.3, () => random.pick([0, 1, 100])],
    maxRetries: [0.4, () => random.pick([0, 2])],
    idleTimeout: [0.3, () => random.pick([...durations, '0s'])],
    h2UpgradePolicy: [0.3, () => random.pick(['DEFAULT', 'UPGRADE', 'DO_NOT_UPGRADE'])],
    useClientProtocol: [0.2, () => random.chance(0.7)],
    maxConcurrentStreams: [0.2, () => random.pick([0, 9])],
    http2KeepAlive: [0.15, () => ({ interval: '30s', timeout: '5s' })],
  });
}

function outlierDetection(random: Random): JsonObject {
  const count = (): Json => random.pick([0, 1, 3]);
  return random.fields({
    consecutive5xxErrors: [0.5, count],
    consecutiveGatewayErrors: [0.4, count],
    consecutiveLocalOriginFailures: [0.3, count],
    splitExternalLocalOriginErrors: [0.3, () => random.chance(0.6)],
    interval: [0.4, () => random.pick(durations)],
    baseEjectionTime: [0.4, () => random.pick(durations)],
    maxEjectionPercent: [0.4, () => random.pick([0, 50, 100])],
    minHealthPercent: [0.3, () => random.pick([0, 50])],
  });
}

function tls(random: Random): JsonObject {
  const files = { clientCertificate: '/etc/c.pem', privateKey: '/etc/k.pem' };
  const extras = (): JsonObject =>
    random.fields({
      sni: [0.4, () => 'a.b'],
      subjectAltNames: [0.3, () => ['spiffe://x/y', 'a.b']],
    });
  const verification = (): JsonObject =>
    random.fields({
      caCertificates: [0.5, () => '/etc/ca.pem'],
      insecureSkipVerify: [0.2, () => random.chance(0.7)],
      caCrl: [0.15, () => '/etc/crl.pem'],
    });
  return random.pick<() => JsonObject>([
    () => ({ mode: 'DISABLE' }),
    () => ({ mode: 'ISTIO_MUTUAL' }),
    () => ({ mode: 'ISTIO_MUTUAL', ...extras() }),
    () => ({ mode: 'SIMPLE', ...extras(), ...verification() }),
    () => ({ mode: 'MUTUAL', ...files, ...extras(), ...verification() }),
  ])();
}
