import type { Json, JsonObject } from '../../../src/json.ts';
import {
  destination,
  durations,
  exportTo,
  hostOrWildcard,
  namespaces,
  portNumbers,
  resource,
  stringMatch,
  workloadLabels,
} from './names.ts';
import type { Random } from './random.ts';

/** A VirtualService with every kind of match and action; now and then one that others delegate to. */
export function virtualService(random: Random, index: number): JsonObject {
  const isDelegate = random.chance(0.12);
  const http = (): Json =>
    random.list(1, 3, () => httpRoute(random, !isDelegate && random.chance(0.07)));
  const metadata = {
    name: isDelegate ? `inner${index % 2}` : `vs${index}`,
    namespace: random.pick(isDelegate ? ['shop', 'sales'] : namespaces),
  };
  if (isDelegate) {
    return resource('VirtualService', metadata, { http: http(), ...exportTo(random) });
  }
  const hosts = [...new Set(random.list(1, random.pick([1, 1, 3]), () => virtualHost(random)))];
  return resource('VirtualService', metadata, {
    hosts,
    ...random.fields({ gateways: [0.45, () => gateways(random)] }),
    ...exportTo(random),
    ...random.fields({
      http: [0.9, http],
      tcp: [0.25, () => random.list(1, 2, () => layer4Route(random, 'tcp'))],
      tls: [0.15, () => random.list(1, 2, () => layer4Route(random, 'tls', hosts))],
    }),
  });
}

function virtualHost(random: Random): string {
  const outer = ['shop.example.com', 'sales.example.com', '*.example.com', '*'];
  return random.chance(0.25) ? random.pick(outer) : hostOrWildcard(random);
}

function gateways(random: Random): Json {
  return random.pick<Json>([
    ['mesh'],
    ['edge'],
    ['edge', 'mesh'],
    ['shop/edge', 'mesh'],
    ['istio-system/edge'],
    ['istio-system/edge', 'shop/edge'],
    ['istio-system/inner', 'mesh'],
  ]);
}

function httpRoute(random: Random, delegates: boolean): JsonObject {
  const common = random.fields({
    name: [0.3, () => random.pick(['r', 'other'])],
    match: [0.6, () => random.list(1, 2, () => httpMatch(random))],
    headers: [0.25, () => headers(random)],
  });
  if (delegates) {
    const delegate = {
      name: random.pick(['inner0', 'inner1']),
      namespace: random.pick(['shop', 'sales']),
    };
    return { ...common, delegate };
  }
  const action = random.fraction();
  if (action < 0.09) return { ...common, redirect: redirect(random), ...filters(random) };
  if (action < 0.15)
    return { ...common, directResponse: directResponse(random), ...filters(random) };
  return { ...common, route: weighted(random, true), ...filters(random), ...forwarding(random) };
}

function httpMatch(random: Random): JsonObject {
  return random.fields({
    name: [0.1, () => 'm'],
    uri: [
      0.5,
      () => random.pick<Json>([stringMatch(random, '/a'), { prefix: '/' }, { prefix: '/b/' }]),
    ],
    scheme: [0.08, () => stringMatch(random, 'http')],
    method: [0.2, () => stringMatch(random, 'GET')],
    authority: [0.15, () => stringMatch(random, 'users')],
    headers: [0.35, () => headerMatches(random)],
    withoutHeaders: [0.15, () => headerMatches(random)],
    queryParams: [
      0.2,
      () => ({ q: random.pick<Json>([stringMatch(random, '1'), {}, { exact: '' }]) }),
    ],
    port: [0.15, () => random.pick(portNumbers)],
    sourceLabels: [0.15, () => workloadLabels(random)],
    sourceNamespace: [0.1, () => random.pick(['shop', 'sales', 'istio-system'])],
    ignoreUriCase: [0.15, () => random.chance(0.8)],
    gateways: [0.1, () => gateways(random)],
    statPrefix: [0.05, () => 'stat'],
  });
}

function headerMatches(random: Random): JsonObject {
  return random.fields({
    'x-a': [
      0.6,
      () => random.pick<Json>([stringMatch(random, 'v'), {}, { exact: '' }, { regex: '.*' }]),
    ],
    ':authority': [0.1, () => stringMatch(random, 'users')],
    cookie: [0.3, () => ({ regex: '^(.*?;)?(user=jason)(;.*)?$' })],
  });
}

function headers(random: Random): JsonObject {
  const operations = (host: boolean): JsonObject =>
    random.fields({
      set: [
        0.5,
        () => ({
          'x-a': '1',
          ...(host &&
            random.fields({
              host: [0.3, () => 'q.example.com'],
              ':authority': [0.1, () => 'a.b'],
            })),
        }),
      ],
      add: [
        0.5,
        () =>
          random.pick<Json>([{ 'x-b': '2' }, { 'x-b': '%DOWNSTREAM_REMOTE_ADDRESS%', 'x-a': '' }]),
      ],
      remove: [0.4, () => ['x-c', 'x-d']],
    });
  return random.fields({
    request: [0.7, () => operations(true)],
    response: [0.5, () => operations(false)],
  });
}

function redirect(random: Random): JsonObject {
  // One of a `oneof`: the API server would refuse both, the oracle takes the last.
  const port = random.pick<JsonObject>([
    {},
    {},
    { port: 80 },
    { port: 8443 },
    { derivePort: 'FROM_PROTOCOL_DEFAULT' },
    { derivePort: 'FROM_REQUEST_PORT' },
  ]);
  const others = random.fields({
    uri: [0.4, () => random.pick(['/n', '%PREFIX()%/n'])],
    authority: [0.5, () => 'r.example.com'],
    redirectCode: [0.5, () => random.pick([301, 302, 303, 307, 308, 304])],
    scheme: [0.3, () => random.pick(['https', 'http'])],
    prefixRewrite: [0.1, () => '/p'],
  });
  return { ...port, ...others };
}

function directResponse(random: Random): JsonObject {
  return {
    status: random.pick([200, 404, 418, 503]),
    ...random.fields({
      body: [
        0.5,
        () => random.pick<Json>([{ string: 'x' }, { bytes: 'aGVsbG8=' }, { string: '' }]),
      ],
    }),
  };
}

/** What is about the request, whatever becomes of it. */
function filters(random: Random): JsonObject {
  return random.fields({
    fault: [0.15, () => fault(random)],
    corsPolicy: [0.12, () => cors(random)],
    rewrite: [0.18, () => rewrite(random)],
  });
}

function rewrite(random: Random): Json {
  return random.pick<Json>([
    { uri: '/z' },
    { uri: '/' },
    { authority: 'w.example.com' },
    { uri: '/z', authority: 'w' },
    { uriRegexRewrite: { match: '^/a/(.*)$', rewrite: '/b/\\1' } },
  ]);
}

function forwarding(random: Random): JsonObject {
  return random.fields({
    timeout: [0.3, () => random.pick([...durations, '0s'])],
    retries: [0.4, () => retries(random)],
    mirror: [0.12, () => destination(random)],
    mirrors: [
      0.08,
      () =>
        random.list(1, 2, () => ({
          destination: destination(random),
          ...random.fields({ percentage: [0.6, () => ({ value: random.pick([0, 12.5, 100]) })] }),
        })),
    ],
    mirrorPercentage: [0.1, () => ({ value: random.pick([0, 10, 0.01, 100]) })],
    mirrorPercent: [0.05, () => random.pick([0, 10, 100])],
  });
}

function retries(random: Random): JsonObject {
  const attempts = random.pick([0, 1, 2, 3]);
  if (attempts === 0 && random.chance(0.9)) return { attempts };
  return {
    attempts,
    ...random.fields({
      perTryTimeout: [0.4, () => random.pick(durations)],
      retryOn: [
        0.5,
        () =>
          random.pick([
            '5xx',
            '5xx,503',
            'connect-failure,refused-stream',
            'gateway-error,reset,429',
            'retriable-headers',
            'unavailable,cancelled',
            '503, 5xx',
          ]),
      ],
      retryRemoteLocalities: [0.15, () => random.chance(0.7)],
      retryIgnorePreviousHosts: [0.2, () => random.chance(0.5)],
      backoff: [0.2, () => random.pick(['25ms', '1s'])],
    }),
  };
}

function fault(random: Random): JsonObject {
  const percentage = (): JsonObject =>
    random.fields({
      percentage: [0.8, () => ({ value: random.pick([0, 50, 0.01, 100, 33.3333]) })],
    });
  return random.fields({
    abort: [
      0.6,
      () => ({
        ...random.pick<JsonObject>([{ httpStatus: 503 }, { grpcStatus: 'UNAVAILABLE' }]),
        ...percentage(),
      }),
    ],
    delay: [
      0.6,
      () => ({
        fixedDelay: random.pick(durations),
        ...(random.chance(0.15) ? { percent: 10 } : percentage()),
      }),
    ],
  });
}

function cors(random: Random): JsonObject {
  return random.fields({
    allowOrigins: [
      0.8,
      () => random.list(1, 2, () => stringMatch(random, 'https://a.example.com')),
    ],
    allowOrigin: [0.1, () => ['*']],
    allowMethods: [0.6, () => ['GET', 'POST']],
    allowHeaders: [0.4, () => ['x-a']],
    exposeHeaders: [0.3, () => ['x-b', 'x-c']],
    maxAge: [0.3, () => random.pick(durations)],
    allowCredentials: [0.3, () => random.chance(0.5)],
    unmatchedPreflights: [0.2, () => random.pick(['UNSPECIFIED', 'FORWARD', 'IGNORE'])],
  });
}

function weighted(random: Random, isHttp: boolean): JsonObject[] {
  const weights = random.pick<(number | undefined)[]>([
    [undefined],
    [undefined],
    [100],
    [0],
    [30, 70],
    [0, 70],
    [20, 30, 50],
    [1, 1],
    [undefined, 10],
  ]);
  return weights.map((weight) => ({
    destination: destination(random),
    ...(weight !== undefined && { weight }),
    ...(isHttp && random.fields({ headers: [0.2, () => headers(random)] })),
  }));
}

function layer4Route(random: Random, protocol: 'tcp' | 'tls', hosts: string[] = []): JsonObject {
  const match = (): JsonObject => ({
    ...(protocol === 'tls' && {
      sniHosts: random.some(random.chance(0.9) ? sniHosts(hosts) : ['api.example.com'], 1, 2),
    }),
    ...random.fields({
      port: [0.6, () => random.pick([5432, 9000, 443, 3306])],
      sourceLabels: [0.15, () => workloadLabels(random)],
      sourceNamespace: [0.1, () => random.pick(['shop', 'sales'])],
      destinationSubnets: [0.15, () => ['10.9.0.0/16', '10.96.0.3']],
      gateways: [0.1, () => gateways(random)],
    }),
  });
  return {
    ...(protocol === 'tls' || random.chance(0.6) ? { match: random.list(1, 2, match) } : {}),
    route: weighted(random, false),
  };
}

/** Names within the hosts: SNI is matched by those alone. */
function sniHosts(hosts: string[]): string[] {
  return hosts.flatMap((host) => (host.startsWith('*.') ? [host, `sub${host.slice(1)}`] : [host]));
}
