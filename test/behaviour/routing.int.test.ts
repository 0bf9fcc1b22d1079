import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bookshop, startBookshop } from '../support/bookshop.ts';
import { send, tally } from '../support/http.ts';

let shop: Bookshop;
let reviews: number;
beforeAll(async () => {
  shop = await startBookshop();
  reviews = await shop.entry('productpage', 'reviews:9080');
});
afterAll(() => shop.remove());

/** A VirtualService for the reviews with these routes (YAML, a list). */
const routes = (http: string): Promise<unknown> =>
  shop.policy(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http: ${http}`);
const to = (subset: string, weight = ''): string =>
  `{ destination: { host: reviews, subset: ${subset} }${weight} }`;
const versionOf = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  (await send(reviews, path, { headers, method })).echo.version;

describe('matches', () => {
  it.each([
    ['headers exact', '{ headers: { end-user: { exact: jason } } }', '/', { 'end-user': 'jason' }],
    ['headers prefix', '{ headers: { end-user: { prefix: ja } } }', '/', { 'end-user': 'jason' }],
    ['headers presence', '{ headers: { end-user: {} } }', '/', { 'end-user': '' }],
    [
      'cookie regex',
      '{ headers: { cookie: { regex: "^(.*?;)?\\\\s*(user=jason)(;.*)?$" } } }',
      '/',
      { cookie: 'a=b; user=jason' },
    ],
    ['uri exact', '{ uri: { exact: /a } }', '/a?x=1', {}],
    ['uri prefix', '{ uri: { prefix: /a/ } }', '/a/b', {}],
    ['uri regex', '{ uri: { regex: "/r[0-9]+" } }', '/r12', {}],
    ['uri without case', '{ uri: { prefix: /UP }, ignoreUriCase: true }', '/up', {}],
    ['query', '{ queryParams: { v: { exact: "2" } } }', '/?v=2', {}],
    ['query regex', '{ queryParams: { v: { regex: "[0-9]+" } } }', '/?w=1&v=22', {}],
    ['authority', '{ authority: { exact: reviews.default } }', '/', { host: 'reviews.default' }],
    ['without headers', '{ headers: { a: {} }, withoutHeaders: { b: {} } }', '/', { a: '1' }],
    ['port', '{ port: 9080, headers: { a: {} } }', '/', { a: '1' }],
    [
      'source labels',
      '{ sourceLabels: { app: productpage }, headers: { a: {} } }',
      '/',
      { a: '1' },
    ],
    ['source namespace', '{ sourceNamespace: default, headers: { a: {} } }', '/', { a: '1' }],
  ] as [string, string, string, Record<string, string>][])(
    '%s',
    async (_name, match, path, headers) => {
      await routes(`[{ match: [${match}], route: [${to('v2')}] }, { route: [${to('v1')}] }]`);
      expect(await versionOf(path, headers)).toBe('v2');
      expect(await versionOf('/other', { b: '1' })).toBe('v1');
    },
  );

  it('method', async () => {
    await routes(
      `[{ match: [{ method: { exact: POST } }], route: [${to('v2')}] }, { route: [${to('v1')}] }]`,
    );
    expect(await versionOf('/', {}, 'POST')).toBe('v2');
    expect(await versionOf('/', {})).toBe('v1');
  });

  it('knows callers apart, by label and namespace', async () => {
    await routes(
      `[{ match: [{ sourceLabels: { app: greeter } }, { sourceNamespace: legacy }], route: [${to('v2')}] }, { route: [${to('v1')}] }]`,
    );
    expect(await versionOf('/')).toBe('v1');
    const other = await shop.entry('greeter', 'reviews.default:9080');
    expect((await send(other, '/')).echo.version).toBe('v2');
  });
});

describe('what is done with a request', () => {
  it('splits by weight', async () => {
    await routes(`[{ route: [${to('v1', ', weight: 75')}, ${to('v3', ', weight: 25')}] }]`);
    const counts = tally(await Promise.all(Array.from({ length: 400 }, () => versionOf('/'))));
    expect(counts.v2).toBeUndefined();
    // Binomial(400, 0.25): beyond 60 or 140 once in 50,000 runs.
    expect(counts.v3).toBeGreaterThan(60);
    expect(counts.v3).toBeLessThan(140);
  });

  it('mirrors, and hands on the first answer only', async () => {
    await routes(
      `[{ route: [${to('v1')}], mirror: { host: reviews, subset: v3 }, mirrorPercentage: { value: 100 } }]`,
    );
    expect((await send(reviews, '/mirrored')).echo.version).toBe('v1');
    const { entries } = await shop.mesh.control.accessLog('reviews-v3', 0);
    expect(entries.filter(({ path }) => path === '/mirrored')).toMatchObject([
      { authority: 'reviews:9080', status: 200 },
    ]);
  });

  it('redirects', async () => {
    await routes(
      '[{ match: [{ uri: { prefix: /old } }], redirect: { uri: /new, authority: books.example.com, redirectCode: 302 } }]',
    );
    const answer = await send(reviews, '/old/1');
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe('http://books.example.com/new');
    expect((await send(reviews, '/else')).status).toBe(404);
  });

  it('rewrites path and authority', async () => {
    await routes(`[{ match: [{ uri: { prefix: /api/ } }], rewrite: { uri: /v1/, authority: inside }, route: [${to('v1')}] },
      { match: [{ uri: { prefix: /re } }], rewrite: { uriRegexRewrite: { match: "^/re/([^/]+)/(.*)$", rewrite: "/\\\\2/\\\\1" } }, route: [${to('v1')}] }]`);
    const { echo } = await send(reviews, '/api/x?y=1');
    expect(echo).toMatchObject({ path: '/v1/x?y=1', headers: { host: 'inside' } });
    expect((await send(reviews, '/re/a/b')).echo.path).toBe('/b/a');
  });

  it('changes headers of request and answer, for all and for one destination', async () => {
    await routes(`[{ headers: { request: { set: { x-set: "1", host: renamed }, add: { x-add: more }, remove: [x-gone] }, response: { set: { x-answer: "2" }, remove: [x-pod] } },
      route: [{ destination: { host: reviews, subset: v1 }, headers: { request: { set: { x-one: v1 } }, response: { add: { x-from: v1 } } } }] }]`);
    const { echo, headers } = await send(reviews, '/', {
      headers: { 'x-set': '0', 'x-add': 'some', 'x-gone': '1' },
    });
    expect(echo.headers).toMatchObject({
      'x-set': '1',
      'x-add': 'some, more',
      'x-one': 'v1',
      host: 'renamed',
    });
    expect(echo.headers['x-gone']).toBeUndefined();
    expect(headers).toMatchObject({ 'x-answer': '2', 'x-from': 'v1' });
    expect(headers['x-pod']).toBeUndefined();
  });

  it('answers itself', async () => {
    await routes('[{ directResponse: { status: 418, body: { string: "a teapot" } } }]');
    expect(await send(reviews, '/')).toMatchObject({ status: 418, body: 'a teapot' });
  });

  it('answers CORS preflights', async () => {
    await routes(
      `[{ corsPolicy: { allowOrigins: [{ exact: "https://a.example" }], allowMethods: [GET], maxAge: 24h }, route: [${to('v1')}] }]`,
    );
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'GET' };
    const answer = await send(reviews, '/', { method: 'OPTIONS', headers });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
      'access-control-max-age': '86400',
    });
  });

  it('follows a delegate', async () => {
    await shop.policy(`
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: reviews }
spec: { hosts: [reviews], http: [{ match: [{ uri: { prefix: /d } }], delegate: { name: part, namespace: people } }] }
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: part, namespace: people }
spec: { http: [{ match: [{ uri: { prefix: /d/e } }], route: [{ destination: { host: reviews.default.svc.cluster.local, subset: v3 } }] }] }`);
    expect(await versionOf('/d/e')).toBe('v3');
    expect((await send(reviews, '/d')).status).toBe(404);
  });
});
