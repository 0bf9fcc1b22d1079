import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bookshop, startBookshop } from '../support/bookshop.ts';
import { count, greet } from '../support/bookshop-grpc.ts';
import { send, type SendOptions } from '../support/http.ts';
import { exchange } from '../support/tiny-mesh.ts';

let shop: Bookshop;
let reviews: number;
let fromGreeter: number;
let greeter: number;
let lines: number;
let legacy: number;
beforeAll(async () => {
  shop = await startBookshop();
  reviews = await shop.entry('productpage', 'reviews:9080');
  fromGreeter = await shop.entry('greeter', 'reviews.default:9080');
  greeter = await shop.entry('productpage', 'greeter.people:50051');
  lines = await shop.entry('productpage', 'lines.people:7000');
  legacy = await shop.portOf('catalog-0', 'app');
});
afterAll(() => shop.remove());

const authorize = (spec: string, namespace = 'default', name = 'it'): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}`;
const status = async (path: string, options: SendOptions = {}, port = reviews): Promise<number> =>
  (await send(port, path, options)).status;

describe('mutual TLS', () => {
  const mutual = (spec: string): Promise<unknown> =>
    shop.policy(`
apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata: { name: default, namespace: default }
spec: ${spec}`);
  // Called by a workload without a sidecar, and by one that has one.
  const both = async (): Promise<[number, number]> => [
    await status('/call/REVIEWS/x', {}, legacy),
    await status('/x'),
  ];

  it('is PERMISSIVE by default: plaintext gets in', async () => {
    await shop.policy(authorize('{ rules: [{}] }'));
    expect(await both()).toEqual([200, 200]);
  });

  it.each([
    ['{ mtls: { mode: STRICT } }', [502, 200]],
    ['{ mtls: { mode: PERMISSIVE } }', [200, 200]],
    ['{ mtls: { mode: DISABLE } }', [200, 200]],
  ] as const)('%s', async (spec, expected) => {
    await mutual(spec);
    expect(await both()).toEqual(expected);
  });

  it('has exceptions for ports', async () => {
    await mutual(
      '{ selector: { matchLabels: { app: reviews } }, mtls: { mode: STRICT }, portLevelMtls: { 8000: { mode: PERMISSIVE } } }',
    );
    expect(await both()).toEqual([200, 200]);
    await mutual(
      '{ selector: { matchLabels: { app: reviews } }, mtls: { mode: PERMISSIVE }, portLevelMtls: { 8000: { mode: STRICT } } }',
    );
    expect(await both()).toEqual([502, 200]);
  });

  it.each([
    ['DISABLE', 'STRICT', 503],
    ['DISABLE', 'PERMISSIVE', 200],
    ['ISTIO_MUTUAL', 'STRICT', 200],
    ['SIMPLE', 'STRICT', 503],
  ])('a DestinationRule with %s meets %s', async (mode, peer, expected) => {
    await shop.policy(`
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: default }
spec: { mtls: { mode: ${peer} } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec: { host: reviews, trafficPolicy: { tls: { mode: ${mode} } } }`);
    expect(await status('/')).toBe(expected);
  });
});

describe('authorization of HTTP', () => {
  it('denies all with an empty spec, and each caller that a rule does not name', async () => {
    await shop.policy(authorize('{}'));
    expect(await status('/')).toBe(403);
    await shop.policy(
      authorize(
        '{ action: ALLOW, rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/bookshop-productpage] } }] }] }',
      ),
    );
    expect([await status('/'), await status('/', {}, fromGreeter)]).toEqual([200, 403]);
    // Plaintext has no identity.
    expect(await status('/call/REVIEWS/x', {}, legacy)).toBe(403);
  });

  it.each([
    [
      'methods: [GET]',
      [
        ['/', {}],
        ['/', { method: 'POST' }],
      ],
    ],
    [
      'notMethods: [POST]',
      [
        ['/', {}],
        ['/', { method: 'POST' }],
      ],
    ],
    [
      'paths: [/a, "/b/*", "*/end"]',
      [
        ['/b/x', {}],
        ['/c', {}],
      ],
    ],
    [
      'paths: [/a]',
      [
        ['/a?q=1', {}],
        ['/ab', {}],
      ],
    ],
    [
      'paths: ["/t/{*}/u"]',
      [
        ['/t/1/u', {}],
        ['/t/1/2/u', {}],
      ],
    ],
    [
      'notPaths: ["/c*"]',
      [
        ['/b', {}],
        ['/cc', {}],
      ],
    ],
    [
      'hosts: ["reviews:9080"]',
      [
        ['/', {}],
        ['/', { headers: { host: 'reviews' } }],
      ],
    ],
    [
      'ports: ["8000"], paths: [/a]',
      [
        ['/a', {}],
        ['/b', {}],
      ],
    ],
  ] as [string, [[string, SendOptions], [string, SendOptions]]][])(
    'operation %s',
    async (operation, [yes, no]) => {
      await shop.policy(authorize(`{ rules: [{ to: [{ operation: { ${operation} } }] }] }`));
      expect([await status(...yes), await status(...no)]).toEqual([200, 403]);
      await shop.policy(
        authorize(`{ action: DENY, rules: [{ to: [{ operation: { ${operation} } }] }] }`),
      );
      expect([await status(...yes), await status(...no)]).toEqual([403, 200]);
    },
  );

  it.each([
    ['namespaces: [people]'],
    ['notNamespaces: [default]'],
    ['serviceAccounts: [people/default]'],
    ['notPrincipals: ["*/bookshop-productpage"]'],
  ])('source %s', async (source) => {
    await shop.policy(authorize(`{ rules: [{ from: [{ source: { ${source} } }] }] }`));
    expect([await status('/'), await status('/', {}, fromGreeter)]).toEqual([403, 200]);
  });

  it.each([
    ['request.headers[x-key]', 'values: [yes-*]', { 'x-key': 'yes-1' }, { 'x-key': 'no' }, 403],
    ['request.headers[x-key]', 'notValues: ["no"]', { 'x-key': 'yes' }, { 'x-key': 'no' }, 403],
    ['source.namespace', 'values: [default]', {}, {}, 200],
    ['destination.port', 'values: ["8000"]', {}, {}, 200],
    ['destination.port', 'values: ["9080", "8000"]', {}, {}, 200],
  ] as [string, string, Record<string, string>, Record<string, string>, number][])(
    'condition %s %s',
    async (key, values, yes, other, expected) => {
      await shop.policy(authorize(`{ rules: [{ when: [{ key: "${key}", ${values} }] }] }`));
      expect(await status('/', { headers: yes })).toBe(200);
      expect(await status('/', { headers: other })).toBe(expected);
    },
  );

  it('denies before it allows, and takes selectors for what they are', async () => {
    await shop.policy(
      `${authorize('{ rules: [{}] }')}\n---${authorize('{ action: DENY, selector: { matchLabels: { version: v1 } }, rules: [{}] }', 'default', 'no-v1')}`,
    );
    const answers = await Promise.all(Array.from({ length: 30 }, () => send(reviews, '/')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 403]));
    expect(answers.some(({ echo }) => echo.version === 'v1')).toBe(false);
  });
});

describe('authorization of gRPC and TCP', () => {
  it('allows one gRPC method', async () => {
    await shop.policy(
      authorize(
        '{ selector: { matchLabels: { app: greeter } }, rules: [{ to: [{ operation: { methods: [POST], paths: [/bookshop.Greeter/Greet] } }] }] }',
        'people',
      ),
    );
    expect(await greet(greeter, { name: 'x' })).toMatchObject({ code: 0, details: '' });
    expect((await count(greeter, 1)).code).toBe(7);
  });

  it.each([
    ['ALLOW', '{ from: [{ source: { namespaces: [default] } }] }', true],
    ['ALLOW', '{ from: [{ source: { namespaces: [other] } }] }', false],
    ['DENY', '{ from: [{ source: { namespaces: [default] } }] }', false],
    ['ALLOW', '{ to: [{ operation: { ports: ["7000"] } }] }', true],
    // HTTP fields never match TCP: nothing is allowed by them, and what they would deny is denied.
    ['ALLOW', '{ to: [{ operation: { methods: [GET] } }] }', false],
    ['DENY', '{ to: [{ operation: { methods: [GET], ports: ["7000"] } }] }', false],
  ])('%s %s on TCP', async (action, rule, gets) => {
    await shop.policy(
      authorize(
        `{ action: ${action}, selector: { matchLabels: { app: lines } }, rules: [${rule}] }`,
        'people',
      ),
    );
    const answer = await exchange(lines, 'hi', 1500);
    expect(answer).toMatch(gets ? /^lines-\d hi$/ : /^$/);
  });
});

describe('tokens', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwks = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }],
  });
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = (claims: object, key = privateKey): string => {
    const text = `${part({ alg: 'RS256', kid: 'k', typ: 'JWT' })}.${part(claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
  };
  const claims = { iss: 'books', sub: 'jane', exp: 4_000_000_000, groups: ['readers'] };
  const bearer = (value: string): SendOptions => ({
    headers: { authorization: `Bearer ${value}` },
  });

  it('must be valid where they are there, and there where a policy asks for them', async () => {
    const authentication = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: books, namespace: default }
spec:
  selector: { matchLabels: { app: reviews } }
  jwtRules: [{ issuer: books, jwks: '${jwks}', outputClaimToHeaders: [{ header: x-sub, claim: sub }], forwardOriginalToken: true }]`;
    await shop.policy(authentication);
    const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(await status('/')).toBe(200);
    expect(await status('/', bearer(token(claims, foreign)))).toBe(401);
    expect(await status('/', bearer(token({ ...claims, exp: 1 })))).toBe(401);
    const good = await send(reviews, '/', bearer(token(claims)));
    expect(good.status).toBe(200);
    expect(good.echo.headers['x-sub']).toBe('jane');
    await shop.policy(`${authentication}
---${authorize('{ selector: { matchLabels: { app: reviews } }, rules: [{ from: [{ source: { requestPrincipals: [books/jane] } }], when: [{ key: "request.auth.claims[groups]", values: [readers] }] }] }')}`);
    expect(await status('/')).toBe(403);
    expect(await status('/', bearer(token(claims)))).toBe(200);
    expect(await status('/', bearer(token({ ...claims, sub: 'joe' })))).toBe(403);
    expect(await status('/', bearer(token({ ...claims, groups: ['writers'] })))).toBe(403);
    expect(await status('/', bearer(createHmac('sha256', 'x').update('x').digest('hex')))).toBe(
      401,
    );
  });
});
