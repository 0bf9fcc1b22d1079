import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as GrpcServer, ServerCredentials, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { arrivalOffsetsMs } from './arrivals.ts';
import type { Sender } from './exchange.ts';
import { createGrpcSender } from './grpc.ts';
import { runOpenLoop } from './open-loop.ts';
import { seededRandom } from './random.ts';
import { createRestSender, type RestOptions } from './rest.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const listen = async (listener: RequestListener): Promise<number> => {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const rest = (port: number, more: Partial<RestOptions> = {}): Sender => {
  const address = '127.0.0.1';
  const sender = createRestSender({
    address,
    port,
    authority: 'users:8080',
    method: 'GET',
    path: '/users/123',
    ...more,
  });
  cleanups.push(() => sender.close());
  return sender;
};

describe('the generator tested against itself', () => {
  test('a stall shows in latency from the intended start as the queue it made, and not in service time', async () => {
    const stallMs = 600;
    const totalMs = 2000;
    const ratePerSecond = 200;
    let firstMs: number | undefined;
    const port = await listen((_request, response) => {
      const nowMs = performance.now();
      firstMs ??= nowMs;
      // From 500 ms on nothing is answered until 1100 ms: a pause of the server, not of the load.
      const intoStallMs = nowMs - firstMs - 500;
      const holdMs = intoStallMs >= 0 && intoStallMs < stallMs ? stallMs - intoStallMs : 0;
      setTimeout(() => response.end('ok'), holdMs);
    });
    // One connection, as closed-loop tools have it: what is due during the stall is sent after it.
    const sender = rest(port, { connections: 1 });
    const count = (ratePerSecond * totalMs) / 1000;
    const report = await runOpenLoop({
      offsetsMs: arrivalOffsetsMs({ kind: 'constant', ratePerSecond }, count, seededRandom(1)),
      send: (index) => sender.send(`stall-${index}`),
    });
    expect(report).toMatchObject({ completed: count, notSent: 0, classes: { success: count } });
    // A fraction f = stall/total of the requests is due in the stall and waits between 0 and the whole of it,
    // evenly: the quantile 1 - x (x < f) of all waits is stall * (1 - x/f). x = 0.1, f = 0.3: two thirds.
    const expectedP90Ms = stallMs * (1 - 0.1 / (stallMs / totalMs));
    expect(report.latency.p90Ms / expectedP90Ms).toBeGreaterThan(0.75);
    expect(report.latency.p90Ms / expectedP90Ms).toBeLessThan(1.5);
    expect(report.latency.p90Ms / report.serviceTime.p90Ms).toBeGreaterThan(10);
    // One request was on the wire: service time knows of the stall only as its maximum.
    expect(report.serviceTime.maxMs).toBeGreaterThan(stallMs / 2);
  });
});

describe('the REST sender', () => {
  test('sends authority, request id and body, and tells when each part happened', async () => {
    const seen: unknown[] = [];
    const port = await listen((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const { host, 'x-request-id': id, 'content-type': type } = request.headers;
        seen.push([request.method, request.url, host, id, type, body]);
        response.writeHead(201);
        response.flushHeaders();
        setTimeout(() => response.end('created'), 30);
      });
    });
    const sender = rest(port, { method: 'POST', path: '/orders', body: { userId: '123' } });
    const startMs = performance.now();
    const { outcome, sentMs, firstByteMs, doneMs } = await sender.send('wt-1');
    expect(seen).toEqual([
      ['POST', '/orders', 'users:8080', 'wt-1', 'application/json', '{"userId":"123"}'],
    ]);
    expect(outcome).toEqual({ class: 'success', label: 'http 201' });
    expect([startMs, sentMs, firstByteMs, doneMs]).toEqual(
      [startMs, sentMs, firstByteMs, doneMs].sort((a, b) => (a ?? 0) - (b ?? 0)),
    );
    expect(doneMs - (firstByteMs ?? doneMs)).toBeGreaterThan(20);
  });

  test('does not retry what failed: one request reaches the server', async () => {
    let requests = 0;
    const port = await listen((request) => {
      requests++;
      request.socket.destroy();
    });
    const exchange = await rest(port).send('wt-1');
    expect(exchange.outcome.class).toBe('broken');
    expect(requests).toBe(1);
  });

  test('bounds each request, and cancels what is under way when it is closed', async () => {
    const port = await listen(() => {});
    expect((await rest(port, { timeoutMs: 30 }).send('a')).outcome.class).toBe('timeout');
    const sender = rest(port);
    const hanging = sender.send('b');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await sender.close();
    expect((await hanging).outcome.class).toBe('canceled');
  });

  test('a port where nothing listens is an outcome, not an error', async () => {
    const port = await listen(() => {});
    await cleanups.pop()?.();
    expect((await rest(port).send('a')).outcome).toEqual({
      class: 'broken',
      label: 'broken ECONNREFUSED',
    });
  });
});

describe('the gRPC sender', () => {
  const serve = async (code: number, seen: unknown[] = []): Promise<number> => {
    const server = new GrpcServer();
    const raw = (bytes: Buffer): Buffer => bytes;
    server.addService(
      {
        Reserve: {
          path: '/shop.inventory.v1.Inventory/Reserve',
          requestStream: false,
          responseStream: false,
          requestSerialize: raw,
          requestDeserialize: raw,
          responseSerialize: raw,
          responseDeserialize: raw,
        },
      },
      {
        Reserve: (
          call: { request: Buffer; metadata: { get(name: string): unknown[] } },
          done: (error: { code: number } | null, answer?: Buffer) => void,
        ) => {
          seen.push([call.request.toString('hex'), ...call.metadata.get('x-request-id')]);
          seen.push(call.metadata.get('grpc-timeout'));
          if (code === -1) return;
          if (code === 0) done(null, Buffer.from([]));
          else done({ code });
        },
      },
    );
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    cleanups.push(() => server.forceShutdown());
    return port;
  };
  const grpc = (port: number, timeoutMs = 10_000): Sender => {
    const sender = createGrpcSender({
      address: '127.0.0.1',
      port,
      authority: 'inventory:50051',
      path: '/shop.inventory.v1.Inventory/Reserve',
      message: new Uint8Array([0x0a, 0x01, 0x61]),
      timeoutMs,
    });
    cleanups.push(() => sender.close());
    return sender;
  };

  test('sends the bytes and the request id, and no deadline of its own', async () => {
    const seen: unknown[] = [];
    const { outcome } = await grpc(await serve(0, seen)).send('wt-9');
    expect(outcome).toEqual({ class: 'success', label: 'grpc 0' });
    expect(seen).toEqual([['0a0161', 'wt-9'], []]);
  });

  test('does not retry UNAVAILABLE: one call reaches the server', async () => {
    const seen: unknown[] = [];
    const { outcome } = await grpc(await serve(status.UNAVAILABLE, seen)).send('wt-9');
    expect(outcome).toEqual({ class: 'failed', label: 'grpc 14' });
    expect(seen).toHaveLength(2);
  });

  test('bounds each call', async () => {
    expect((await grpc(await serve(-1), 50).send('a')).outcome.class).toBe('timeout');
  });
});
