import { once } from 'node:events';
import {
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  Metadata,
  type ServiceError as GrpcError,
  type requestCallback,
  status,
} from '@grpc/grpc-js';
import type { CallContext } from './call-context.ts';
import { type CallResult, calleeError } from './call-result.ts';
import { failureOfStatus } from './grpc-status.ts';
import { currentTelemetry } from './telemetry.ts';
import { observeGrpcClient } from './telemetry-grpc.ts';

type Constructor<Client> = new (
  address: string,
  credentials: ChannelCredentials,
  options: ClientOptions,
) => Client;

/**
 * A plain channel to `address` (`host:port`). It neither retries nor times out nor encrypts nor chooses among hosts:
 * grpc-js would do some of that by itself or by a DNS record, so it is told not to.
 */
export function createGrpcClient<Client>(
  constructor: Constructor<Client>,
  address: string,
): Client {
  const telemetry = currentTelemetry();
  return new constructor(address, credentials.createInsecure(), {
    ...(telemetry && { interceptors: [observeGrpcClient(telemetry, address)] }),
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    // A proxy of the environment would take the call past the sidecar.
    'grpc.enable_http_proxy': 0,
    // A channel whose peer was away waits before it connects anew, up to two minutes by default; the peer is the sidecar
    // next door, and each call that comes meanwhile fails.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.max_receive_message_length': 1_048_576,
    'grpc.max_send_message_length': 1_048_576,
  });
}

/** A context as the metadata of an outgoing call. */
export function metadataOf(context: CallContext): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(context)) metadata.set(name, value);
  return metadata;
}

/** One unary call, one attempt; `start` gets the callback to hand to the generated client. */
export function callUnary<Response>(
  callee: string,
  start: (callback: requestCallback<Response>) => unknown,
): Promise<CallResult<Response>> {
  return new Promise((resolve) => {
    start((error, response) => {
      if (error) resolve({ ok: false, failure: failureOfStatus(callee, error) });
      else resolve({ ok: true, value: response as Response });
    });
  });
}

/**
 * Sends every message of `requests`, as fast as the callee takes them, and gives its one answer. When `requests` throws,
 * the call is cancelled and the error thrown on.
 */
export async function callClientStream<Request, Response>(
  callee: string,
  start: (callback: requestCallback<Response>) => ClientWritableStream<Request>,
  requests: AsyncIterable<Request>,
): Promise<CallResult<Response>> {
  const answered = new AbortController();
  let call: ClientWritableStream<Request> | undefined;
  const answer = callUnary<Response>(callee, (callback) => {
    call = start((error, response) => {
      answered.abort();
      callback(error, response);
    });
  });
  let sendError: unknown;
  // Not awaited: the callee may answer while the next request is still to come.
  if (call) void sendAll(call, requests, answered.signal).catch((error) => (sendError = error));
  const result = await answer;
  if (sendError !== undefined) throw sendError;
  return result;
}

/** The messages of a server stream. A failure is thrown as a ServiceError; leaving the loop or `signal` cancels the call. */
export async function* callServerStream<Response>(
  callee: string,
  call: ClientReadableStream<Response>,
  signal: AbortSignal,
): AsyncGenerator<Response, void, undefined> {
  yield* receiveAll(callee, call, signal);
}

/** Both ways at once: sends `requests` while the answers are read. Errors as for {@link callServerStream}. */
export async function* callBidi<Request, Response>(
  callee: string,
  call: ClientDuplexStream<Request, Response>,
  requests: AsyncIterable<Request>,
  signal: AbortSignal,
): AsyncGenerator<Response, void, undefined> {
  const answered = new AbortController();
  call.once('status', () => answered.abort());
  const stopped = AbortSignal.any([answered.signal, signal]);
  let sendError: unknown;
  // Not awaited: the callee may end the call while the next request is still to come.
  void sendAll(call, requests, stopped).catch((error) => (sendError = error));
  try {
    yield* receiveAll(callee, call, signal);
  } catch (error) {
    // What the sender threw is the cause; the cancelled call that followed from it is not.
    throw sendError ?? error;
  } finally {
    answered.abort();
  }
}

async function* receiveAll<Response>(
  callee: string,
  call: ClientReadableStream<Response> | ClientDuplexStream<unknown, Response>,
  signal: AbortSignal,
): AsyncGenerator<Response, void, undefined> {
  const cancel = (): void => call.cancel();
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  try {
    for await (const message of call) yield message as Response;
  } catch (error) {
    if (signal.aborted) return;
    throw isGrpcError(error) ? calleeError(failureOfStatus(callee, error)) : error;
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

// Ends early, without an error, when `answered` aborts: the callee has answered and wants no more.
async function sendAll<Request>(
  call: ClientWritableStream<Request> | ClientDuplexStream<Request, unknown>,
  requests: AsyncIterable<Request>,
  answered: AbortSignal,
): Promise<void> {
  try {
    for await (const request of requests) {
      if (answered.aborted) return;
      if (!call.write(request)) await once(call, 'drain', { signal: answered });
    }
    call.end();
  } catch (error) {
    if (answered.aborted) return;
    call.cancel();
    throw error;
  }
}

function isGrpcError(error: unknown): error is GrpcError {
  return error instanceof Error && 'details' in error && (error as GrpcError).code in status;
}
