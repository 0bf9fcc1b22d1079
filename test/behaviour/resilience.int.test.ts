import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bookshop, startBookshop } from '../support/bookshop.ts';
import { greet } from '../support/bookshop-grpc.ts';
import { send, tally } from '../support/http.ts';
import { eventually } from '../support/tiny-mesh.ts';

let shop: Bookshop;
let reviews: number;
let greeter: number;
let ids = 0;
beforeAll(async () => {
  shop = await startBookshop();
  reviews = await shop.entry('productpage', 'reviews:9080');
  greeter = await shop.entry('productpage', 'greeter.people:50051');
});
afterAll(() => shop.remove());

const requestId = (): string => `00000000-0000-4000-8000-${String(ids++).padStart(12, '0')}`;
/** A route to one version, so that attempts count up in one process, with these fields. */
const route = (fields: string): Promise<unknown> =>
  shop.policy(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http: [{ ${fields}${fields === '' ? '' : ', '}route: [{ destination: { host: reviews, subset: v1 } }] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: greeter }
spec:
  hosts: [greeter.people.svc.cluster.local]
  http: [{ ${fields}${fields === '' ? '' : ', '}route: [{ destination: { host: greeter.people.svc.cluster.local } }] }]`);
const rule = (trafficPolicy: string): Promise<unknown> =>
  shop.policy(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  trafficPolicy: ${trafficPolicy}
  subsets: [{ name: v1, labels: { version: v1 } }]`);
/** Status of the answer, and how many attempts the callee saw. */
const fail = async (fates: string): Promise<[number, number]> => {
  const id = requestId();
  const { status } = await send(reviews, `/fail/${fates}`, { headers: { 'x-request-id': id } });
  const { entries } = await shop.mesh.control.accessLog('reviews-v1', 0);
  return [status, entries.filter(({ requestId }) => requestId === id).length];
};

describe('faults', () => {
  it('aborts, by percentage and match', async () => {
    await route(
      'match: [{ headers: { x-abort: { exact: "1" } } }], fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }',
    );
    expect((await send(reviews, '/', { headers: { 'x-abort': '1' } })).status).toBe(418);
    await route('fault: { abort: { httpStatus: 418, percentage: { value: 30 } } }');
    const answers = await Promise.all(Array.from({ length: 300 }, () => send(reviews, '/')));
    const counts = tally(answers.map(({ status }) => status));
    // Binomial(300, 0.3): beyond 55 or 125 once in 50,000 runs.
    expect(counts['418']).toBeGreaterThan(55);
    expect(counts['418']).toBeLessThan(125);
    expect(Object.keys(counts)).toEqual(['200', '418']);
  });

  it('aborts gRPC with a gRPC status', async () => {
    await route('fault: { abort: { grpcStatus: RESOURCE_EXHAUSTED, percentage: { value: 100 } } }');
    expect((await greet(greeter, { name: 'x' })).code).toBe(8);
  });

  it('delays', async () => {
    await route('fault: { delay: { fixedDelay: 0.3s, percentage: { value: 100 } } }');
    const beganMs = performance.now();
    expect((await send(reviews, '/')).status).toBe(200);
    expect(performance.now() - beganMs).toBeGreaterThan(290);
  });
});

describe('timeouts and retries', () => {
  it('ends a request at the timeout of its route, and not without one', async () => {
    await route('timeout: 0.2s');
    expect((await send(reviews, '/slow/700')).status).toBe(504);
    await route('');
    expect((await send(reviews, '/slow/700')).status).toBe(200);
  });

  it.each([
    ['503 by default', '', '503,200', [503, 1]],
    ['connections that break, by default', '', 'reset,200', [503, 1]],
    ['503 by code', 'retries: { attempts: 2, retryOn: "503" }', '503,503,200', [200, 3]],
    ['no more than attempts', 'retries: { attempts: 1, retryOn: 5xx }', '500,500,200', [500, 2]],
    ['5xx', 'retries: { attempts: 3, retryOn: 5xx }', '500,501,200', [200, 3]],
    ['gateway errors', 'retries: { attempts: 3, retryOn: gateway-error }', '502,500,200', [500, 2]],
    // The callee's sidecar makes a 503 of it, which is no reset to the caller's.
    ['reset behind a sidecar', 'retries: { attempts: 3, retryOn: reset }', 'reset,200', [503, 1]],
    [
      '409 as retriable-4xx',
      'retries: { attempts: 2, retryOn: retriable-4xx }',
      '409,200',
      [200, 2],
    ],
    ['attempts 0', 'retries: { attempts: 0 }', '503,200', [503, 1]],
  ] as [string, string, string, [number, number]][])(
    '%s',
    async (_name, fields, fates, expected) => {
      await route(fields);
      expect(await fail(fates)).toEqual(expected);
    },
  );

  it('tries again after perTryTimeout', async () => {
    await route('timeout: 5s, retries: { attempts: 2, perTryTimeout: 0.1s, retryOn: 5xx }');
    const id = requestId();
    const headers = { 'x-request-id': id };
    expect((await send(reviews, '/slow/600', { headers })).status).toBe(504);
    await eventually('three attempts', async () => {
      const { entries } = await shop.mesh.control.accessLog('reviews-v1', 0);
      return entries.filter((entry) => entry.requestId === id).length === 3;
    });
  });

  it('retries gRPC by status: UNAVAILABLE by default, others when they are named', async () => {
    // Attempts count up in one replica: without a route of its own a retry goes elsewhere, whatever the hash says.
    const routed = (fields: string): Promise<unknown> =>
      shop.policy(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: greeter, namespace: people }
spec: { host: greeter, trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: x-one } } } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: greeter, namespace: people }
spec: { hosts: [greeter], http: [{ ${fields} route: [{ destination: { host: greeter } }] }] }`);
    const greeted = (codes: number[]): ReturnType<typeof greet> => {
      const metadata = { 'x-request-id': requestId(), 'x-one': '1' };
      return greet(greeter, { name: 'x', codes }, { metadata });
    };
    await routed('');
    expect((await greeted([14, 14, 0])).messages[0]?.attempt).toBe(3);
    expect((await greeted([13, 0])).code).toBe(13);
    expect((await greeted([14, 14, 14, 0])).code).toBe(14);
    await routed('retries: { attempts: 1, retryOn: internal },');
    expect((await greeted([13, 0])).messages[0]?.attempt).toBe(2);
    expect((await greeted([14, 0])).code).toBe(14);
  });

  it('ends gRPC at its deadline', async () => {
    await route('fault: { delay: { fixedDelay: 2s, percentage: { value: 100 } } }');
    expect((await greet(greeter, { name: 'x' }, { deadlineMs: 200 })).code).toBe(4);
  });
});

describe('connection pools and outlier detection', () => {
  it('lets no more wait than the pool allows', async () => {
    await shop.policy(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  trafficPolicy: { connectionPool: { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1 } } }
  subsets: [{ name: v1, labels: { version: v1 } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec: { hosts: [reviews], http: [{ retries: { attempts: 0 }, route: [{ destination: { host: reviews, subset: v1 } }] }] }`);
    const answers = await Promise.all(Array.from({ length: 12 }, () => send(reviews, '/slow/300')));
    const over = answers.filter(({ status }) => status === 503);
    expect(over.length).toBeGreaterThan(0);
    expect(over.length).toBeLessThan(12);
    expect(over[0]?.headers['x-envoy-overloaded']).toBe('true');
    const { entries } = await shop.mesh.control.accessLog('productpage', 0);
    expect(entries.some(({ flags }) => flags === 'UO')).toBe(true);
  });

  it('ejects one bad replica of three, and takes it back', async () => {
    await rule(
      '{ outlierDetection: { consecutive5xxErrors: 2, interval: 0.1s, baseEjectionTime: 1s, maxEjectionPercent: 50 }, loadBalancer: { simple: ROUND_ROBIN } }',
    );
    const bad = await shop.portOf('reviews-v2-0', 'app');
    await send(bad, '/mode/500');
    const last = async (): Promise<Record<string, number>> => {
      const answers = [];
      for (let n = 0; n < 9; n++) answers.push((await send(reviews, '/')).status);
      return tally(answers);
    };
    await eventually('the ejection', async () => (await last())['500'] === undefined);
    await send(bad, '/mode/0');
    const versions = new Set<string | undefined>();
    await eventually('the return', async () => {
      versions.add((await send(reviews, '/')).echo.version);
      return versions.has('v2');
    });
    expect(versions).toEqual(new Set(['v1', 'v2', 'v3']));
  });

  it('has nobody left when all are ejected, unless minHealthPercent keeps them in', async () => {
    const ejecting = (more: string): Promise<unknown> =>
      rule(
        `{ outlierDetection: { consecutive5xxErrors: 1, interval: 0.1s, baseEjectionTime: 60s, maxEjectionPercent: 100${more} } }`,
      );
    const apps = await Promise.all(
      ['v1', 'v2', 'v3'].map((version) => shop.portOf(`reviews-${version}-0`, 'app')),
    );
    for (const app of apps) await send(app, '/mode/500');
    await ejecting('');
    await eventually('the end of all', async () => (await send(reviews, '/')).status === 503);
    await ejecting(', minHealthPercent: 50');
    const statuses = [];
    for (let n = 0; n < 30; n++) statuses.push((await send(reviews, '/')).status);
    expect(tally(statuses)).toEqual({ '500': 30 });
    for (const app of apps) await send(app, '/mode/0');
  });

  it('leaves all in when there is no room for an ejection', async () => {
    await rule(
      '{ outlierDetection: { consecutive5xxErrors: 2, interval: 0.1s, baseEjectionTime: 60s }, loadBalancer: { simple: ROUND_ROBIN } }',
    );
    const bad = await shop.portOf('reviews-v2-0', 'app');
    await send(bad, '/mode/500');
    const statuses = [];
    for (let n = 0; n < 30; n++) statuses.push((await send(reviews, '/')).status);
    expect(tally(statuses)).toEqual({ '200': 20, '500': 10 });
    await send(bad, '/mode/0');
  });
});

describe('load balancing', () => {
  const podsFor = async (
    options: (n: number) => Parameters<typeof send>[2],
  ): Promise<Set<string | undefined>> => {
    const pods = new Set<string | undefined>();
    for (let n = 0; n < 12; n++) pods.add((await send(reviews, '/?u=1', options(n))).echo.pod);
    return pods;
  };

  it.each([
    ['{ httpHeaderName: x-user }', { headers: { 'x-user': 'a' } }, true],
    ['{ httpQueryParameterName: u }', {}, false],
    ['{ useSourceIp: true }', {}, false],
    ['{ httpCookie: { name: session, ttl: 0s } }', { headers: { cookie: 'session=7' } }, true],
    [
      '{ httpHeaderName: x-user, maglev: { tableSize: 1021 } }',
      { headers: { 'x-user': 'a' } },
      true,
    ],
  ])('keeps what %s hashes alike together', async (hash, options, spreads) => {
    await rule(`{ loadBalancer: { consistentHash: ${hash} } }`);
    expect((await podsFor(() => options)).size).toBe(1);
    if (!spreads) return;
    const vary = (n: number) => ({ headers: { 'x-user': `u${n}`, cookie: `session=${n}` } });
    expect((await podsFor(vary)).size).toBeGreaterThan(1);
  });

  it('gives a cookie to whom has none', async () => {
    await rule('{ loadBalancer: { consistentHash: { httpCookie: { name: session, ttl: 60s } } } }');
    const { headers } = await send(reviews, '/');
    expect(String(headers['set-cookie'])).toMatch(/^session="?[0-9a-f]+"?; Max-Age=60/);
  });

  // Binomial(60, 1/3): 2 or fewer once in 10^6 runs.
  it.each([
    ['ROUND_ROBIN', 20],
    ['RANDOM', 3],
    ['LEAST_REQUEST', 3],
  ])('spreads by %s', async (simple, atLeast) => {
    await rule(`{ loadBalancer: { simple: ${simple} } }`);
    const agent = new Agent({ keepAlive: true });
    const pods = [];
    for (let n = 0; n < 60; n++) pods.push((await send(reviews, '/', { agent })).echo.pod);
    agent.destroy();
    const counts = Object.values(tally(pods));
    expect(counts).toHaveLength(3);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(atLeast);
  });
});
