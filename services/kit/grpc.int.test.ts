import { once } from 'node:events';
import { connect, constants, type IncomingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createInventoryClient } from '../inventory/client.ts';
import { buildPayments } from '../payments/app.ts';
import { createPaymentsClient } from '../payments/client.ts';
import { paymentsContract, paymentsServiceName } from '../payments/contract.ts';
import { decideCharge } from '../payments/decide.ts';
import type { PaymentsHandlers } from '../payments/gen/shop/payments/v1/Payments.ts';
import { createFaultPlan, type FaultPlan } from './fault-plan.ts';
import { createGrpcServer } from './grpc-server.ts';
import type { LogEntry } from './log.ts';
import type { Service } from './service.ts';

const host = '127.0.0.1';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function start(service: Service): Promise<number> {
  const port = await service.listen({ host, port: 0 });
  closers.push(() => service.forceStop());
  return port;
}

const startPayments = (faults?: FaultPlan) =>
  start(buildPayments({ newChargeId: () => 'c-1', faults }));

function clientOf(port: number) {
  const client = createPaymentsClient(`${host}:${port}`);
  closers.push(() => client.close());
  return client;
}

const charge = { orderId: 'o-1', userId: '123', amountCents: 100 };

// One call by bare HTTP/2, to see what is on the wire: the first header block, and whether anything followed.
async function wire(port: number, path: string, headers: Record<string, string>) {
  const session = connect(`http://${host}:${port}`);
  closers.push(() => session.close());
  const request = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  request.end(Buffer.from([0, 0, 0, 0, 0]));
  let trailers: IncomingHttpHeaders | undefined;
  request.on('trailers', (received: IncomingHttpHeaders) => (trailers = received));
  const [first, flags] = (await once(request, 'response')) as [IncomingHttpHeaders, number];
  let bytes = 0;
  for await (const chunk of request) bytes += (chunk as Buffer).length;
  const endedWithHeaders = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  return { first, trailers, bytes, endedWithHeaders };
}

describe('errors', () => {
  test('a decision of the service is its status and message', async () => {
    const client = clientOf(await startPayments());
    expect(await client.charge({ ...charge, amountCents: 500_001 }, {})).toMatchObject({
      ok: false,
      failure: { code: 'failed-precondition', callee: 'payments', detail: /^payment refused/ },
    });
    expect(await client.charge({ ...charge, userId: '' }, {})).toMatchObject({
      failure: { code: 'invalid-argument' },
    });
    expect(await client.charge(charge, {})).toEqual({ ok: true, value: { chargeId: 'c-1' } });
  });

  test('what was not thrown on purpose is INTERNAL, and only the log says why', async () => {
    const entries: LogEntry[] = [];
    const service = createGrpcServer<PaymentsHandlers>({
      ...paymentsContract,
      serviceName: paymentsServiceName,
      definition: paymentsContract.grpc.shop.payments.v1.Payments.service,
      log: (entry) => entries.push(entry),
      handlers: {
        Charge: () => {
          throw new Error('the password is hunter2');
        },
        Refund: () => Promise.reject(new Error('so is this')),
      },
    });
    const port = await start(service);
    for (const method of ['Charge', 'Refund']) {
      const { first } = await wire(port, `/${paymentsServiceName}/${method}`, {});
      expect(first['grpc-status']).toBe(String(status.INTERNAL));
      expect(first['grpc-message']).toBe('internal%20error');
    }
    expect(entries.map((entry) => entry['reason'])).toEqual([
      expect.stringContaining('hunter2'),
      expect.stringContaining('so is this'),
    ]);
  });

  test('an error before a message is Trailers-Only, on unary calls and on streams', async () => {
    const port = await startPayments();
    const answer = await wire(port, `/${paymentsServiceName}/Charge`, {});
    expect(answer).toMatchObject({ bytes: 0, endedWithHeaders: true, trailers: undefined });
    expect(answer.first['grpc-status']).toBe(String(status.INVALID_ARGUMENT));
  });

  test('a half surrogate pair in a message does not break the answer', async () => {
    expect(() => encodeURI('\ud800')).toThrow(URIError);
    const service = createGrpcServer<PaymentsHandlers>({
      ...paymentsContract,
      serviceName: paymentsServiceName,
      definition: paymentsContract.grpc.shop.payments.v1.Payments.service,
      handlers: {
        Charge: () => {
          throw Object.assign(serviceErrorOf(), { message: 'bad \ud800 name' });
        },
        Refund: () => ({}),
      },
    });
    const { first } = await wire(await start(service), `/${paymentsServiceName}/Charge`, {});
    expect(decodeURI(String(first['grpc-message']))).toBe('bad \ufffd name');
  });

  test('a server that is not there is unavailable', async () => {
    const port = await startPayments();
    closers.splice(0).forEach((close) => close());
    expect(await clientOf(port).charge(charge, {})).toMatchObject({
      failure: { code: 'unavailable' },
    });
    const inventory = createInventoryClient(`${host}:${port}`);
    closers.push(() => inventory.close());
    const levels = inventory.watchStock('apple', {}, new AbortController().signal);
    await expect(levels.next()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

function serviceErrorOf(): Error {
  try {
    decideCharge({ ...charge, userId: '' }, 'c-1');
  } catch (error) {
    return error as Error;
  }
  throw new Error('not reached');
}

describe('fault hook', () => {
  const plan = () => createFaultPlan({ probability: 0, seed: 1 });
  const context = { 'x-request-id': 'r-1', 'x-fail': '503,DEADLINE_EXCEEDED,200' };

  test('gives each attempt its entry', async () => {
    const client = clientOf(await startPayments(plan()));
    const codes: string[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      const result = await client.charge(charge, context);
      codes.push(result.ok ? 'ok' : result.failure.code);
    }
    expect(codes).toEqual(['unavailable', 'deadline-exceeded', 'ok', 'ok']);
  });

  test('is off unless a plan is given', async () => {
    expect((await clientOf(await startPayments()).charge(charge, context)).ok).toBe(true);
  });

  test('fails as Trailers-Only with status 14', async () => {
    const port = await startPayments(plan());
    const answer = await wire(port, `/${paymentsServiceName}/Charge`, context);
    expect(answer).toMatchObject({ bytes: 0, endedWithHeaders: true, trailers: undefined });
    expect(answer.first['grpc-status']).toBe(String(status.UNAVAILABLE));
  });

  test('a script it cannot read is INVALID_ARGUMENT', async () => {
    const client = clientOf(await startPayments(plan()));
    expect(await client.charge(charge, { 'x-fail': 'boom' })).toMatchObject({
      failure: { code: 'invalid-argument' },
    });
  });

  test('never fails health or reflection', async () => {
    const service = buildPayments({
      newChargeId: () => 'c-1',
      faults: createFaultPlan({ probability: 1, seed: 1 }),
    });
    const port = await start(service);
    service.setReady(true);
    expect(await healthOf(port, '', { 'x-fail': '503' })).toBe('SERVING');
    const reflection = await wire(
      port,
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      { 'x-fail': '503' },
    );
    expect(reflection.first['grpc-status'] ?? reflection.trailers?.['grpc-status']).toBe('0');
    expect((await clientOf(port).charge(charge, {})).ok).toBe(false);
  });
});

interface HealthClient {
  Check(
    request: { service: string },
    metadata: Metadata,
    callback: (error: { code: number } | null, response?: { status: string }) => void,
  ): void;
  close(): void;
}

async function healthOf(port: number, service: string, headers: Record<string, string> = {}) {
  const definition = loadSync(healthProto, { enums: String });
  const { grpc } = loadPackageDefinition(definition) as unknown as {
    grpc: { health: { v1: { Health: new (address: string, insecure: unknown) => HealthClient } } };
  };
  const client = new grpc.health.v1.Health(`${host}:${port}`, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  try {
    return await new Promise((resolve) =>
      client.Check({ service }, metadata, (error, response) =>
        resolve(error ? error.code : response?.status),
      ),
    );
  } finally {
    client.close();
  }
}

describe('health', () => {
  test('follows setReady, for the server and for the service; another name is NOT_FOUND', async () => {
    const service = buildPayments({ newChargeId: () => 'c-1' });
    const port = await start(service);
    const both = async () => [await healthOf(port, ''), await healthOf(port, paymentsServiceName)];
    expect(await both()).toEqual(['NOT_SERVING', 'NOT_SERVING']);
    service.setReady(true);
    expect(await both()).toEqual(['SERVING', 'SERVING']);
    service.setReady(false);
    expect(await both()).toEqual(['NOT_SERVING', 'NOT_SERVING']);
    expect(await healthOf(port, 'shop.nobody')).toBe(status.NOT_FOUND);
  });
});

test('reflection lists the service, and describes it', async () => {
  const port = await start(buildPayments({ newChargeId: () => 'c-1' }));
  const proto = fileURLToPath(
    new URL(
      '../proto/grpc/reflection/v1/reflection.proto',
      import.meta.resolve('@grpc/reflection'),
    ),
  );
  const { grpc } = loadPackageDefinition(loadSync(proto, { keepCase: true })) as unknown as {
    grpc: {
      reflection: { v1: { ServerReflection: new (...args: unknown[]) => ReflectionClient } };
    };
  };
  const insecure = credentials.createInsecure();
  const client = new grpc.reflection.v1.ServerReflection(`${host}:${port}`, insecure);
  closers.push(() => client.close());
  const call = client.ServerReflectionInfo();
  const ask = async (request: object) => {
    call.write(request);
    return ((await once(call, 'data')) as [ReflectionAnswer])[0];
  };
  const { list_services_response: list } = await ask({ list_services: '' });
  expect(list?.service.map(({ name }) => name)).toContain(paymentsServiceName);
  const symbol = { file_containing_symbol: `${paymentsServiceName}.Charge` };
  const { file_descriptor_response: described } = await ask(symbol);
  expect(described?.file_descriptor_proto.length).toBeGreaterThan(0);
  call.end();
  call.resume();
  await once(call, 'end');
});

interface ReflectionAnswer {
  list_services_response?: { service: { name: string }[] };
  file_descriptor_response?: { file_descriptor_proto: Buffer[] };
}

interface ReflectionClient {
  ServerReflectionInfo(): Duplex;
  close(): void;
}
