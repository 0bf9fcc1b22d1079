import type { OracleCase } from '../case.ts';
import { destinationRule, networking, outbound, shop, virtualService } from './outbound-base.ts';

const toUsers = 'route: [{ destination: { host: users } }]';
const toBilling = 'route: [{ destination: { host: billing.sales.svc.cluster.local } }]';
const reviews = destinationRule(
  'reviews',
  `host: reviews, subsets: [
    { name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }, { name: v3, labels: { version: v3 } }]`,
);

/** One HTTP route (its fields) of `users`. */
const route = (name: string, fields: string): OracleCase =>
  outbound(
    `route-${name}`,
    shop + virtualService('users', `hosts: [users], http: [{ ${fields} }]`),
  );

/** One match (its fields) on a route of `users`, with a second route for the rest. */
const match = (name: string, fields: string): OracleCase =>
  outbound(
    `match-${name}`,
    shop +
      virtualService(
        'users',
        `hosts: [users], http: [{ match: [${fields}], ${toBilling} }, { ${toUsers} }]`,
      ),
  );

const full = (name: string, manifests: string): OracleCase =>
  outbound(`route-${name}`, shop + manifests);

const retries = [
  route('defaults', toUsers),
  route('retry-attempts', `${toUsers}, retries: { attempts: 3 }`),
  route('retry-none', `${toUsers}, retries: { attempts: 0 }`),
  route('retry-empty', `${toUsers}, retries: {}`),
  route(
    'retry-all-fields',
    `${toUsers}, timeout: 1m30s, retries: { attempts: 5, perTryTimeout: 250ms, backoff: 10ms,
      retryOn: 'gateway-error,connect-failure,503,418', retryRemoteLocalities: true, retryIgnorePreviousHosts: false }`,
  ),
  route('retry-on-codes-only', `${toUsers}, retries: { attempts: 1, retryOn: '503,429' }`),
  route('retry-on-conditions', `${toUsers}, retries: { attempts: 1, retryOn: 5xx }`),
  route('timeout', `${toUsers}, timeout: 0.75s`),
  route('timeout-shortest', `${toUsers}, timeout: 1ms`),
];

const actions = [
  route('rewrite-prefix', `match: [{ uri: { prefix: /api } }], rewrite: { uri: / }, ${toUsers}`),
  route('rewrite-authority', `rewrite: { uri: /v2, authority: users.internal }, ${toUsers}`),
  route(
    'rewrite-regex',
    `match: [{ uri: { prefix: /a } }], rewrite: { uriRegexRewrite: { match: '^/a/(.*)$', rewrite: '/b/\\1' } }, ${toUsers}`,
  ),
  route('redirect', 'redirect: { uri: /new, authority: users.example.com, redirectCode: 308 }'),
  route('redirect-scheme-and-port', 'redirect: { scheme: https, port: 8443, redirectCode: 302 }'),
  route('redirect-default-port', 'redirect: { scheme: https, port: 443 }'),
  route('redirect-derived-port', 'redirect: { derivePort: FROM_REQUEST_PORT, redirectCode: 307 }'),
  route(
    'redirect-prefix',
    'match: [{ uri: { prefix: /old } }], redirect: { prefixRewrite: /new, redirectCode: 303 }',
  ),
  route('direct-response', "directResponse: { status: 503, body: { string: 'closed' } }"),
  route('direct-response-without-body', 'directResponse: { status: 404 }'),
  route('direct-response-bytes', 'directResponse: { status: 200, body: { bytes: aGVsbG8= } }'),
  route(
    'headers',
    `${toUsers}, headers: {
      request: { set: { x-b: '1', x-a: '2', host: users.example.com }, add: { x-c: '3' }, remove: [x-d, x-e] },
      response: { set: { server: none }, add: { x-f: '%UPSTREAM_HOST%' }, remove: [x-g] } }`,
  ),
  route(
    'headers-of-single-destination',
    `headers: { request: { set: { x-a: route } } },
     route: [{ destination: { host: users }, headers: { request: { set: { x-a: target }, remove: [x-b] }, response: { add: { x-c: '1' } } } }]`,
  ),
  route(
    'headers-of-weighted-destinations',
    `route: [
      { destination: { host: users }, weight: 30, headers: { request: { set: { x-to: users, ':authority': a.example.com } } } },
      { destination: { host: billing.sales.svc.cluster.local }, weight: 70, headers: { response: { remove: [x-r] } } }]`,
  ),
  route('mirror', `${toUsers}, mirror: { host: billing.sales.svc.cluster.local }`),
  route(
    'mirror-percentage',
    `${toUsers}, mirror: { host: reviews, port: { number: 9080 } }, mirrorPercentage: { value: 12.5 }`,
  ),
  route('mirror-zero', `${toUsers}, mirror: { host: users }, mirrorPercentage: { value: 0 }`),
  route(
    'mirrors',
    `${toUsers}, mirrors: [{ destination: { host: users } }, { destination: { host: billing.sales.svc.cluster.local }, percentage: { value: 1 } }]`,
  ),
  route(
    'fault-delay',
    `${toUsers}, fault: { delay: { fixedDelay: 2s, percentage: { value: 0.1 } } }`,
  ),
  route(
    'fault-abort',
    `${toUsers}, fault: { abort: { httpStatus: 503, percentage: { value: 50 } } }`,
  ),
  route('fault-abort-without-percentage', `${toUsers}, fault: { abort: { httpStatus: 500 } }`),
  route(
    'fault-both-grpc',
    `${toUsers}, fault: { abort: { grpcStatus: UNAVAILABLE, percentage: { value: 100 } }, delay: { fixedDelay: 100ms, percent: 5 } }`,
  ),
  route(
    'cors',
    `${toUsers}, corsPolicy: { allowOrigins: [{ exact: 'https://a.example' }, { regex: '.*b' }], allowMethods: [GET, POST],
      allowHeaders: [x-a, x-b], exposeHeaders: [x-c], maxAge: 24h, allowCredentials: true }`,
  ),
  route(
    'cors-ignore-unmatched',
    `${toUsers}, corsPolicy: { allowOrigins: [{ prefix: http }], unmatchedPreflights: IGNORE }`,
  ),
  route(
    'name-and-stat-prefix',
    `name: main, match: [{ name: all, uri: { prefix: / }, statPrefix: users }], ${toUsers}`,
  ),
];

const matches = [
  match('uri-exact', '{ uri: { exact: /users } }'),
  match('uri-prefix', '{ uri: { prefix: /users/ } }'),
  match('uri-regex', "{ uri: { regex: '/users/[0-9]+' } }"),
  match('uri-ignore-case', '{ uri: { prefix: /Users }, ignoreUriCase: true }'),
  match('uri-catch-all', "{ uri: { regex: '.*' } }"),
  match('method', '{ method: { exact: GET } }, { method: { regex: P.* } }'),
  match('authority-and-scheme', '{ authority: { prefix: users }, scheme: { exact: http } }'),
  match(
    'headers',
    "{ headers: { x-b: { exact: '1' }, x-a: { prefix: a }, x-c: { regex: .+ }, x-d: {}  } }",
  ),
  match(
    'without-headers',
    "{ withoutHeaders: { x-a: { exact: '1' }, x-b: {} }, headers: { x-0: {} } }",
  ),
  match(
    'query-params',
    "{ queryParams: { b: { exact: '1' }, a: { regex: '[0-9]+' }, c: { prefix: x }, d: {} } }",
  ),
  match('port', '{ port: 8080, uri: { prefix: /a } }, { port: 9999 }'),
  match('source-labels', '{ sourceLabels: { app: client, tier: front } }'),
  match('source-labels-of-another', '{ sourceLabels: { app: other } }'),
  match('source-namespace', '{ sourceNamespace: shop }'),
  match('source-namespace-of-another', '{ sourceNamespace: sales }'),
  match(
    'gateways',
    '{ gateways: [mesh], uri: { prefix: /m } }, { gateways: [edge], uri: { prefix: /e } }',
  ),
  match(
    'several-of-one-route',
    '{ uri: { prefix: /a } }, { uri: { prefix: /b }, headers: { x: { exact: why } } }',
  ),
];

const hosts = [
  full(
    'two-virtual-services-of-one-host',
    virtualService('a', `hosts: [users], http: [{ timeout: 1s, ${toUsers} }]`) +
      virtualService('b', `hosts: [users], http: [{ timeout: 2s, ${toUsers} }]`),
  ),
  full(
    'several-hosts',
    virtualService(
      'many',
      `hosts: [users, stock, billing.sales.svc.cluster.local], http: [{ timeout: 3s, ${toUsers} }]`,
    ),
  ),
  full(
    'wildcard-host',
    virtualService(
      'all',
      `hosts: ['*.shop.svc.cluster.local'], http: [{ timeout: 3s, ${toUsers} }]`,
    ),
  ),
  full(
    'wildcard-and-exact',
    virtualService('all', `hosts: ['*.svc.cluster.local'], http: [{ timeout: 3s, ${toUsers} }]`) +
      virtualService('one', `hosts: [users], http: [{ timeout: 1s, ${toUsers} }]`),
  ),
  full(
    'from-another-namespace',
    virtualService(
      'theirs',
      `hosts: [users.shop.svc.cluster.local], http: [{ timeout: 9s, route: [{ destination: { host: users.shop.svc.cluster.local } }] }]`,
      'sales',
    ),
  ),
  full(
    'not-exported',
    virtualService(
      'theirs',
      `hosts: [users.shop.svc.cluster.local], exportTo: ['.'], http: [{ timeout: 9s, ${toBilling} }]`,
      'sales',
    ),
  ),
  full(
    'exported-to-namespace',
    virtualService(
      'theirs',
      `hosts: [users.shop.svc.cluster.local], exportTo: [shop], http: [{ timeout: 9s, ${toBilling} }]`,
      'sales',
    ),
  ),
  full(
    'gateway-only',
    virtualService('edge', `hosts: [users], gateways: [edge], http: [{ timeout: 9s, ${toUsers} }]`),
  ),
  full(
    'mesh-and-gateway',
    virtualService(
      'both',
      `hosts: [users], gateways: [edge, mesh], http: [{ timeout: 9s, ${toUsers} }]`,
    ),
  ),
  full(
    'short-name-of-another-namespace',
    virtualService('bill', `hosts: [billing.sales.svc.cluster.local], http: [{ ${toBilling} }]`),
  ),
  full(
    'no-route-applies',
    virtualService(
      'none',
      `hosts: [users], http: [{ match: [{ sourceLabels: { app: nobody } }], ${toUsers} }]`,
    ),
  ),
  full(
    'unknown-host-on-port-80',
    virtualService('outside', `hosts: [example.com], http: [{ ${toUsers} }]`) +
      networking(
        'ServiceEntry',
        'web',
        `hosts: [web.example.net], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: NONE`,
      ),
  ),
  full(
    'grpc',
    virtualService(
      'stock',
      `hosts: [stock], http: [{ match: [{ uri: { prefix: /shop.Stock/Reserve } }], timeout: 700ms, retries: { attempts: 2, perTryTimeout: 250ms, retryOn: 'unavailable,cancelled' }, route: [{ destination: { host: stock, port: { number: 50051 } } }] }, { route: [{ destination: { host: stock } }] }]`,
    ),
  ),
  full(
    'older-api-version',
    virtualService('users', `hosts: [users], http: [{ timeout: 4s, ${toUsers} }]`).replace(
      '/v1',
      '/v1beta1',
    ),
  ),
];

const subsets = [
  full(
    'subset',
    reviews +
      virtualService(
        'reviews',
        'hosts: [reviews], http: [{ route: [{ destination: { host: reviews, subset: v1 } }] }]',
      ),
  ),
  full(
    'subset-weights',
    reviews +
      virtualService(
        'reviews',
        `hosts: [reviews], http: [{ route: [
    { destination: { host: reviews, subset: v1 }, weight: 80 }, { destination: { host: reviews, subset: v2 }, weight: 20 },
    { destination: { host: reviews, subset: v3 }, weight: 0 }] }]`,
      ),
  ),
  full(
    'subset-by-header',
    reviews +
      virtualService(
        'reviews',
        `hosts: [reviews], http: [
    { match: [{ headers: { end-user: { exact: jason } } }], route: [{ destination: { host: reviews, subset: v2 } }] },
    { route: [{ destination: { host: reviews, subset: v3 } }] }]`,
      ),
  ),
];

const delegate = virtualService(
  'leaf',
  `http: [
  { name: one, match: [{ uri: { prefix: /users/1 } }], timeout: 1s, ${toUsers} },
  { match: [{ uri: { exact: /other } }], ${toUsers} },
  { name: rest, ${toUsers} }]`,
);
const delegates = [
  full(
    'delegate',
    delegate +
      virtualService(
        'root',
        `hosts: [users], http: [
    { name: root, match: [{ uri: { prefix: /users }, headers: { x: { exact: why } } }], timeout: 5s, retries: { attempts: 1 }, delegate: { name: leaf } },
    { match: [{ uri: { prefix: /gone } }], delegate: { name: missing, namespace: sales } }, { ${toUsers} }]`,
      ),
  ),
];

/** What a VirtualService's HTTP routes become in a caller's sidecar. */
export const cases: OracleCase[] = [
  ...retries,
  ...actions,
  ...matches,
  ...hosts,
  ...subsets,
  ...delegates,
];
