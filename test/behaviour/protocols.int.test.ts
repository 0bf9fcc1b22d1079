import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bookshop, startBookshop } from '../support/bookshop.ts';
import { chat, count, type GrpcOutcome } from '../support/bookshop-grpc.ts';
import { type Received, send } from '../support/http.ts';
import { exchange } from '../support/tiny-mesh.ts';

/** Beyond the 15 s after which Envoy, but not Istio, ends a request. */
const longTicks = 160;

let shop: Bookshop;
let productpage: number;
let reviews: number;
let outside: Server;
let longAnswer: Promise<Received>;
let longStream: Promise<GrpcOutcome>;
beforeAll(async () => {
  outside = createServer((incoming, outgoing) => outgoing.end(`outside ${incoming.headers.host}`));
  outside.listen(0, '127.0.0.1');
  await once(outside, 'listening');
  shop = await startBookshop();
  productpage = await shop.portOf('productpage-0', 'app:8000');
  reviews = await shop.entry('productpage', 'reviews:9080');
  longAnswer = send(reviews, `/ticks/${longTicks}`, { timeoutMs: 60_000 });
  longStream = count(await shop.entry('productpage', 'greeter.people:50051'), longTicks);
});
afterAll(async () => {
  outside.close();
  await shop.remove();
});

describe('other people’s manifests', () => {
  it('hands on what variables say of services, the pod, its limits and ConfigMaps', async () => {
    const names = 'POD_NAME,POD_NAMESPACE,POD_IP,CPU_LIMIT,THEME,THEME_COPY,SELF,GREETER_ADDR';
    const { echo } = await send(productpage, `/env/${names}`);
    expect(echo).toMatchObject({
      POD_NAME: 'productpage-0',
      POD_NAMESPACE: 'default',
      POD_IP: '127.0.0.1',
      CPU_LIMIT: '1',
      THEME: 'dark',
      THEME_COPY: 'dark',
      SELF: 'productpage-0.default',
      GREETER_ADDR: expect.stringMatching(/^dns:\/\/\/127\.0\.0\.1:\d+$/) as string,
    });
  });

  it.each(['REVIEWS_URL', 'REVIEWS_FROM_PAIR'])('calls by %s', async (variable) => {
    const answer = await send(productpage, `/call/${variable}/x`);
    expect(answer.status).toBe(200);
    expect(answer.echo.headers['x-forwarded-client-cert']).toContain(
      'URI=spiffe://cluster.local/ns/default/sa/bookshop-productpage',
    );
  });

  it('calls by an address that is written in the program, with and without a sidecar', async () => {
    const fetched = await send(productpage, '/fetch');
    expect(fetched.echo).toMatchObject({
      path: '/fetched',
      headers: { host: 'reviews.default:9080' },
    });
    expect(fetched.echo.headers['x-forwarded-client-cert']).toContain('sa/bookshop-productpage');
    const catalog = await shop.portOf('catalog-0', 'app');
    const called = await send(catalog, '/call/REVIEWS_IN_CODE/x');
    expect(called).toMatchObject({ status: 200, body: expect.stringContaining('pod') as string });
    expect(called.echo.headers['x-forwarded-client-cert']).toBeUndefined();
  });

  it('calls from and to a namespace without sidecars', async () => {
    const catalog = await shop.portOf('catalog-0', 'app');
    expect((await send(catalog, '/call/REVIEWS/x')).status).toBe(200);
    const port = await shop.entry('productpage', 'catalog.legacy:80');
    expect((await send(port, '/')).echo).toMatchObject({ pod: 'catalog-0' });
  });

  it('reaches a headless StatefulSet as a whole, and each of its pods by name', async () => {
    const whole = await shop.entry('productpage', 'lines.people:7000');
    expect(await exchange(whole, 'x', 2000)).toMatch(/^lines-[01] x$/);
    for (const pod of ['lines-0', 'lines-1']) {
      const port = await shop.entry('productpage', `${pod}.lines.people.svc.cluster.local:7000`);
      for (let n = 0; n < 4; n++) expect(await exchange(port, 'x', 2000)).toBe(`${pod} x`);
    }
  });

  it('listens on a port that an argument names', async () => {
    const port = await shop.portOf('productpage-0', 'app');
    expect(await exchange(port, 'hi', 2000)).toBe('productpage-0 hi');
  });
});

describe('protocols', () => {
  it('carries large bodies both ways of framing', async () => {
    const body = Buffer.alloc(10_000_000, 'x');
    expect((await send(reviews, '/', { method: 'POST', body })).echo.bytes).toBe(body.length);
    const headers = { 'transfer-encoding': 'chunked' };
    expect((await send(reviews, '/', { method: 'POST', body, headers })).echo.bytes).toBe(
      body.length,
    );
  });

  it('refuses HTTP/1.0 as Istio does', async () => {
    const answer = await exchange(reviews, 'GET / HTTP/1.0\r\nhost: reviews\r\n\r\n', 1000);
    expect(answer).toContain('426 Upgrade Required');
  });

  it('carries WebSockets', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${reviews}/ws`);
    const message = new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => resolve(data));
      socket.addEventListener('error', () => resolve('error'));
    });
    socket.addEventListener('open', () => socket.send('hello'));
    expect(await message).toBe('hello');
    socket.close();
  });

  it('carries gRPC both ways at once', async () => {
    const greeter = await shop.entry('productpage', 'greeter.people:50051');
    const { messages, code } = await chat(greeter, ['a', 'b', 'c']);
    expect(messages.map(({ text }) => text)).toEqual(['A', 'B', 'C']);
    expect(code).toBe(0);
  });
});

describe('the edges of the mesh', () => {
  const entryTo = (name: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: outside }
spec:
  hosts: [${name}]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  location: MESH_EXTERNAL
  resolution: STATIC
  endpoints: [{ address: 127.0.0.1, ports: { http: ${(outside.address() as AddressInfo).port} } }]
`;

  it('leads to a server outside by a ServiceEntry, with policies', async () => {
    await shop.policy(entryTo('outside.example.com'));
    const port = await shop.entry('productpage', 'outside.example.com:80');
    expect((await send(port, '/')).body).toBe('outside outside.example.com:80');
    await shop.policy(`${entryTo('outside.example.com')}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: outside }
spec:
  hosts: [outside.example.com]
  http: [{ fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }, route: [{ destination: { host: outside.example.com } }] }]`);
    expect((await send(port, '/')).status).toBe(418);
  });

  it('keeps to the scope of a Sidecar: what it lacks passes as it is, or nowhere', async () => {
    const scope = (mode: string): Promise<unknown> =>
      shop.policy(`
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default }
spec: { egress: [{ hosts: ["legacy/*"] }], outboundTrafficPolicy: { mode: ${mode} } }`);
    const itself = await shop.entry('productpage', 'productpage:80');
    await scope('REGISTRY_ONLY');
    expect((await send(await shop.entry('productpage', 'catalog.legacy:80'), '/')).status).toBe(
      200,
    );
    // Its port has an HTTP service in scope, which answers; that of the reviews has none, and is closed.
    expect((await send(itself, '/')).status).toBe(502);
    expect((await send(reviews, '/')).status).toBe(0);
    await scope('ALLOW_ANY');
    for (const port of [itself, reviews]) {
      const passed = await send(port, '/');
      expect(passed.status).toBe(200);
      // As it is: without the identity that mutual TLS would give it.
      expect(passed.echo.headers['x-forwarded-client-cert']).toBeUndefined();
    }
  });

  it('lets in by a gateway what its hosts and VirtualServices say', async () => {
    await shop.policy(`
apiVersion: networking.istio.io/v1alpha3
kind: Gateway
metadata: { name: books }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*.example.com", plain.test] }]
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: pages }
spec:
  hosts: [books.example.com]
  gateways: [books]
  http: [{ match: [{ uri: { prefix: /page } }], route: [{ destination: { host: productpage, port: { number: 80 } } }] }]
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: raw }
spec:
  hosts: [plain.test, raw.example.com]
  gateways: [default/books, mesh]
  http: [{ route: [{ destination: { host: reviews, subset: v2 } }] }]`);
    const { entry } = await shop.mesh.control.status();
    const from = (host: string, path: string): Promise<Received> =>
      send(entry?.port ?? 0, path, { headers: { host } });
    await expect.poll(async () => (await from('plain.test', '/')).status).toBe(200);
    expect((await from('books.example.com', '/page')).echo.pod).toBe('productpage-0');
    expect((await from('books.example.com', '/other')).status).toBe(404);
    expect((await from('raw.example.com', '/other')).echo.version).toBe('v2');
    expect((await from('elsewhere.test', '/')).status).toBe(404);
  });

  it('takes an EnvoyFilter’s fault at the callee', async () => {
    await shop.policy(`
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: fault }
spec:
  workloadSelector: { labels: { app: reviews } }
  configPatches:
    - applyTo: HTTP_ROUTE
      match: { context: SIDECAR_INBOUND }
      patch:
        operation: MERGE
        value:
          typed_per_filter_config:
            envoy.filters.http.fault:
              "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
              abort: { http_status: 429, percentage: { numerator: 100 } }`);
    expect((await send(reviews, '/')).status).toBe(429);
  });
});

it('does not cut long answers and streams', async () => {
  expect((await longAnswer).body.trim().split('\n')).toHaveLength(longTicks);
  expect(await longStream).toMatchObject({ code: 0 });
  expect((await longStream).messages).toHaveLength(longTicks);
});
