import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  Metadata,
  type ServiceClientConstructor,
  type ServiceError,
  credentials,
  loadPackageDefinition,
  status as statusCodes,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { WindtunnelError } from '../errors.ts';
import type { Entry } from '../target/target.ts';
import type { GrpcCall } from '../topology/calls.ts';
import type { CallOutcome } from './outcome.ts';

type AnyCall = ClientUnaryCall &
  ClientReadableStream<unknown> &
  ClientWritableStream<unknown> &
  ClientDuplexStream<unknown, unknown>;
type Callback = (error: ServiceError | null, answer?: unknown) => void;

/**
 * Makes one gRPC call of any of the four kinds into the mesh at `entry`; a failure is an outcome, not an error.
 * Throws `bad-topology` when the contract lacks the method.
 */
export async function sendGrpc(
  entry: Entry,
  call: GrpcCall,
  protoFile: string,
  context: Record<string, string>,
  signal: AbortSignal,
): Promise<CallOutcome> {
  const client = clientFor(call, protoFile, entry);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(context)) {
    metadata.set(name, value);
  }
  const startedMs = performance.now();
  try {
    const answers = await converse(client, call, metadata, signal);
    const ok = answers.length >= Math.min(1, call.expect.answers);
    const durationMs = performance.now() - startedMs;
    const problem = ok ? undefined : `the stream ended after ${answers.length} messages`;
    return { ok, code: 0, status: 'gRPC OK', answers, problem, durationMs };
  } catch (error) {
    if (error instanceof WindtunnelError) throw error;
    const { code, details, message } = error as ServiceError;
    const name = statusCodes[code] ?? `${code}`;
    return {
      ok: false,
      code,
      status: `gRPC ${name}`,
      answers: [],
      problem: `${name}: ${details || message}`,
      durationMs: performance.now() - startedMs,
    };
  } finally {
    client.close();
  }
}

/** `/package.Service/Method` → `['package.Service', 'Method']` */
function split(path: string): [string, string] {
  const [, rpcService = '', method = ''] = path.split('/');
  return [rpcService, method];
}

function clientFor(call: GrpcCall, protoFile: string, entry: Entry): Client {
  const [rpcService] = split(call.path);
  const definition = loadSync(protoFile, {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  let found: unknown = loadPackageDefinition(definition);
  for (const part of rpcService.split('.')) {
    found = (found as Record<string, unknown> | undefined)?.[part];
  }
  if (typeof found !== 'function') {
    throw new WindtunnelError('bad-topology', `${protoFile} declares no service ${rpcService}`);
  }
  const Service = found as ServiceClientConstructor;
  // The mesh retries, so the client must not: two layers would multiply.
  return new Service(`${entry.address}:${entry.port}`, credentials.createInsecure(), {
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.default_authority': entry.authority,
  });
}

function start(client: Client, call: GrpcCall, metadata: Metadata, done: Callback): AnyCall {
  type Method = (...args: unknown[]) => AnyCall;
  const [rpcService, name] = split(call.path);
  const method = (client as unknown as Record<string, Method | undefined>)[name];
  if (method === undefined) {
    throw new WindtunnelError('bad-topology', `${rpcService} has no method ${name}`);
  }
  const one = call.messages[0] ?? {};
  switch (call.kind) {
    case 'unary':
      return method.call(client, one, metadata, done);
    case 'server-stream':
      return method.call(client, one, metadata);
    case 'client-stream':
      return method.call(client, metadata, done);
    case 'bidi':
      return method.call(client, metadata);
    default:
      return call.kind satisfies never;
  }
}

function converse(client: Client, call: GrpcCall, metadata: Metadata, signal: AbortSignal) {
  return new Promise<unknown[]>((resolve, reject) => {
    const answers: unknown[] = [];
    const stream = start(client, call, metadata, (error, answer) => {
      if (error) reject(error);
      else resolve([answer]);
    });
    const streams = call.kind === 'server-stream' || call.kind === 'bidi';
    const writes = call.kind === 'client-stream' || call.kind === 'bidi';
    signal.addEventListener('abort', () => stream.cancel(), { once: true });
    if (streams) {
      stream.on('data', (message: unknown) => {
        answers.push(message);
        if (answers.length < call.expect.answers) return;
        resolve(answers);
        // A stream without an end of its own is ended by us; that is no failure of the call.
        if (call.kind === 'server-stream') stream.cancel();
      });
      stream.on('error', (error: ServiceError) => reject(error));
      stream.on('end', () => resolve(answers));
    }
    if (writes) {
      for (const message of call.messages) stream.write(message);
      stream.end();
    }
  });
}
