import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { contextOfRequest } from './call-context.ts';
import { type ErrorCode, errorCodes, ServiceError } from './errors.ts';
import { createFaultPlan } from './fault-plan.ts';
import { createHttpServer, type HttpServerOptions } from './http-server.ts';
import type { LogEntry } from './log.ts';

function build(options: HttpServerOptions = {}) {
  const service = createHttpServer(options);
  service.app.get('/context', async (request) => contextOfRequest(request));
  service.app.get('/bug', () => {
    throw new Error('the password is hunter2');
  });
  service.app.get(
    '/error/:code',
    { schema: { params: Type.Object({ code: Type.String() }) } },
    (request) => {
      throw new ServiceError(request.params.code as ErrorCode, 'what was wrong', {
        orderId: 'o-1',
      });
    },
  );
  const body = Type.Object({ count: Type.Integer() }, { additionalProperties: false });
  service.app.post('/count', { schema: { body } }, async (request) => request.body);
  return service;
}

describe('errors', () => {
  const expected: Record<ErrorCode, number> = {
    'invalid-argument': 400,
    'not-found': 404,
    'already-exists': 409,
    'failed-precondition': 409,
    'payment-required': 402,
    'resource-exhausted': 503,
    unavailable: 503,
    'deadline-exceeded': 504,
    'callee-failed': 502,
    internal: 500,
  };

  test.each(errorCodes)('%s becomes its status, as problem+json', async (code) => {
    const response = await build().app.inject(`/error/${code}`);
    expect(response.statusCode).toBe(expected[code]);
    expect(response.headers['content-type']).toContain('application/problem+json');
    const problem = response.json();
    expect(problem).toMatchObject({ type: 'about:blank', status: expected[code], code });
    const tells = expected[code] < 500;
    expect(problem.detail).toBe(tells ? 'what was wrong' : undefined);
    expect(problem.orderId).toBe(tells ? 'o-1' : undefined);
  });

  test('an error that was not thrown on purpose says nothing outside, and all in the log', async () => {
    const entries: LogEntry[] = [];
    const response = await build({ log: (entry) => entries.push(entry) }).app.inject({
      url: '/bug',
      headers: { 'x-request-id': 'r-7' },
    });
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      code: 'internal',
      requestId: 'r-7',
    });
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ level: 'error', requestId: 'r-7' });
    expect(entries[0]?.['reason']).toContain('hunter2');
  });

  test('no route: 404 without the code by which callers know a decision of the service', async () => {
    const response = await build().app.inject('/nowhere');
    expect(response.statusCode).toBe(404);
    expect(response.json()).not.toHaveProperty('code');
  });

  test.each([
    [{ count: '1' }, 400],
    [{ count: 1.5 }, 400],
    [{ count: 1, extra: true }, 400],
    [{}, 400],
    [{ count: 1 }, 200],
  ])('a body of %j gets %i: nothing is bent to fit', async (payload, status) => {
    const response = await build().app.inject({ method: 'POST', url: '/count', payload });
    expect(response.statusCode).toBe(status);
  });

  test('a body over the limit gets 413', async () => {
    const { app } = build({ bodyLimitBytes: 100 });
    const payload = JSON.stringify({ count: 1, extra: 'x'.repeat(100) });
    const headers = { 'content-type': 'application/json' };
    const response = await app.inject({ method: 'POST', url: '/count', payload, headers });
    expect(response.statusCode).toBe(413);
    expect(response.headers['content-type']).toContain('application/problem+json');
  });
});

describe('context', () => {
  test('hands on the tracing headers, the request id and x-fail, and nothing else', async () => {
    const headers = {
      'x-request-id': 'r-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=b',
      'x-b3-traceid': 't',
      'x-fail': '503,200',
      authorization: 'Bearer secret',
      cookie: 'secret',
      'grpc-timeout': '100m',
      'x-envoy-expected-rq-timeout-ms': '100',
    };
    const response = await build().app.inject({ url: '/context', headers });
    expect(response.json()).toEqual({
      'x-request-id': 'r-1',
      traceparent: headers.traceparent,
      tracestate: 'a=b',
      'x-b3-traceid': 't',
      'x-fail': '503,200',
    });
  });

  test('makes a request id where there is none, another one each time', async () => {
    const { app } = build();
    const ids = [await app.inject('/context'), await app.inject('/context')].map(
      (response) => response.json()['x-request-id'],
    );
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('probes', () => {
  test('healthz is 200 from the start; readyz follows setReady', async () => {
    const service = build();
    const status = async (url: string) => (await service.app.inject(url)).statusCode;
    expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503]);
    service.setReady(true);
    expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 200]);
    service.setReady(false);
    expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503]);
  });
});

describe('fault hook', () => {
  const headers = { 'x-request-id': 'r-1', 'x-fail': '503,200' };

  test('is off unless a plan is given', async () => {
    expect((await build().app.inject({ url: '/context', headers })).statusCode).toBe(200);
  });

  test('fails a route before its handler, and says that it did', async () => {
    const { app } = build({ faults: createFaultPlan({ probability: 0, seed: 1 }) });
    const first = await app.inject({ url: '/context', headers });
    expect(first.statusCode).toBe(503);
    expect(first.headers['x-fault-injected']).toBe('true');
    expect(first.json()).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
    });
    expect((await app.inject({ url: '/context', headers })).statusCode).toBe(200);
  });

  test('never fails a probe, by header or by probability', async () => {
    const service = build({ faults: createFaultPlan({ probability: 1, seed: 1 }) });
    service.setReady(true);
    for (const url of ['/healthz', '/readyz']) {
      expect((await service.app.inject({ url, headers })).statusCode).toBe(200);
      expect((await service.app.inject(url)).statusCode).toBe(200);
    }
    expect((await service.app.inject('/context')).statusCode).toBe(503);
  });

  test('a script it cannot read is a 400, not a silent success', async () => {
    const { app } = build({ faults: createFaultPlan({ probability: 0, seed: 1 }) });
    const response = await app.inject({ url: '/context', headers: { 'x-fail': 'boom' } });
    expect(response.statusCode).toBe(400);
    expect(response.json().detail).toContain("'boom'");
  });
});
