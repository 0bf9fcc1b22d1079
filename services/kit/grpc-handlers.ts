import { once } from 'node:events';
import type { Readable } from 'node:stream';
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type MethodDefinition,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  status,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { FaultPlan } from './fault-plan.ts';
import { statusOfError } from './grpc-status.ts';
import type { Log } from './log.ts';

/** What a unary handler knows of its call beside the request. */
export interface UnaryContext {
  metadata: Metadata;
}

/** The same for a streaming handler; it must end when `signal` aborts: the caller has gone, or the server closes. */
export interface StreamContext extends UnaryContext {
  signal: AbortSignal;
}

/** A handler as services write it, for a handler as grpc-js has it: values and async iterables, errors thrown. */
export type PlainHandler<Handler> =
  Handler extends handleUnaryCall<infer Request, infer Response>
    ? (request: Request, context: UnaryContext) => Response | Promise<Response>
    : Handler extends handleClientStreamingCall<infer Request, infer Response>
      ? (requests: AsyncIterable<Request>, context: StreamContext) => Promise<Response>
      : Handler extends handleServerStreamingCall<infer Request, infer Response>
        ? (request: Request, context: StreamContext) => AsyncIterable<Response>
        : Handler extends handleBidiStreamingCall<infer Request, infer Response>
          ? (requests: AsyncIterable<Request>, context: StreamContext) => AsyncIterable<Response>
          : never;

/** The handlers of a service, for its generated `…Handlers` type. */
export type PlainHandlers<Handlers> = {
  [Name in keyof Handlers as string extends Name ? never : Name]: PlainHandler<Handlers[Name]>;
};

/** What every adapted handler shares. */
export interface AdapterOptions {
  log: Log;
  faults: FaultPlan | undefined;
  /** Aborted when the server closes its intake. */
  closing: AbortSignal;
}

type Status = ReturnType<typeof statusOfError>;
type Message = object;
type AnyHandler = (request: unknown, context: StreamContext) => unknown;

/**
 * Makes plain handlers into what `Server.addService` takes. Errors become statuses; nothing sends metadata before the
 * first message, so that an error without one is Trailers-Only, which is what a mesh can retry.
 */
export function adaptHandlers(
  definition: ServiceDefinition,
  handlers: Readonly<Record<string, unknown>>,
  options: AdapterOptions,
): UntypedServiceImplementation {
  const adapted: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(definition)) {
    const handler = handlers[name] as AnyHandler | undefined;
    if (handler === undefined) throw new Error(`${method.path} has no handler`);
    adapted[name] = adaptHandler(method, handler, options);
  }
  return adapted;
}

function adaptHandler(
  method: MethodDefinition<object, object>,
  handler: AnyHandler,
  options: AdapterOptions,
): UntypedHandleCall {
  const shape = { method, handler, options };
  if (method.requestStream) return method.responseStream ? bidi(shape) : clientStream(shape);
  return method.responseStream ? serverStream(shape) : unary(shape);
}

interface Shape {
  method: MethodDefinition<object, object>;
  handler: AnyHandler;
  options: AdapterOptions;
}

function unary({ method, handler, options }: Shape): handleUnaryCall<Message, Message> {
  const { log } = options;
  return (call: ServerUnaryCall<Message, Message>, callback: sendUnaryData<Message>) => {
    try {
      const fault = faultOf(call.metadata, method.path, options.faults);
      if (fault) {
        callback(fault);
        return;
      }
      // The call itself is the context: one object less on the hot path.
      const result = handler(call.request, call as unknown as StreamContext);
      if (!(result instanceof Promise)) {
        callback(null, result as Message);
        return;
      }
      result.then(
        (response: Message) => callback(null, response),
        (error: unknown) => callback(statusOfError(error, log)),
      );
    } catch (error) {
      callback(statusOfError(error, log));
    }
  };
}

function clientStream({ method, handler, options }: Shape): UntypedHandleCall {
  const handle = async (call: ServerReadableStream<Message, Message>): Promise<Message> => {
    throwIfFault(call.metadata, method.path, options.faults);
    return (await handler(requestsOf(call), streamContext(call, options.closing))) as Message;
  };
  return (call: ServerReadableStream<Message, Message>, callback: sendUnaryData<Message>) => {
    handle(call).then(
      (response) => callback(null, response),
      (error: unknown) => {
        if (!call.cancelled) callback(statusOf(error, options.log));
      },
    );
  };
}

function serverStream({ method, handler, options }: Shape): UntypedHandleCall {
  return (call: ServerWritableStream<Message, Message>) => {
    void pump(call, method, options, (context) => handler(call.request, context));
  };
}

function bidi({ method, handler, options }: Shape): UntypedHandleCall {
  return (call: ServerDuplexStream<Message, Message>) => {
    void pump(call, method, options, (context) => handler(requestsOf(call), context));
  };
}

// Writes a handler's messages as fast as the caller reads them, then the status; never rejects.
async function pump(
  call: ServerWritableStream<Message, Message> | ServerDuplexStream<Message, Message>,
  method: MethodDefinition<object, object>,
  options: AdapterOptions,
  start: (context: StreamContext) => unknown,
): Promise<void> {
  const context = streamContext(call, options.closing);
  try {
    throwIfFault(call.metadata, method.path, options.faults);
    for await (const message of start(context) as AsyncIterable<Message>) {
      if (call.cancelled) return;
      if (!call.write(message)) await once(call, 'drain', { signal: context.signal });
    }
    if (call.cancelled) return;
    if (options.closing.aborted) throw new StatusError(closingStatus);
    call.end();
  } catch (error) {
    if (call.cancelled) return;
    // A stream that was waiting when the server closed ends with the abort: that is no fault of the handler.
    const ended = options.closing.aborted ? closingStatus : statusOf(error, options.log);
    call.emit('error', ended);
  }
}

const closingStatus: Status = { code: status.UNAVAILABLE, details: 'the server is shutting down' };

class StatusError extends Error {
  readonly status: Status;
  constructor(status: Status) {
    super(status.details);
    this.status = status;
  }
}

function statusOf(error: unknown, log: Log): Status {
  return error instanceof StatusError ? error.status : statusOfError(error, log);
}

function faultOf(
  metadata: Metadata,
  path: string,
  faults: FaultPlan | undefined,
): Status | undefined {
  if (faults === undefined) return undefined;
  const fault = faults.next({
    operation: path,
    requestId: text(metadata, 'x-request-id'),
    script: text(metadata, 'x-fail'),
    attemptCount: text(metadata, 'x-envoy-attempt-count'),
  });
  return fault && { code: status[fault.grpcCode], details: 'injected by the fault hook' };
}

function throwIfFault(metadata: Metadata, path: string, faults: FaultPlan | undefined): void {
  const fault = faultOf(metadata, path, faults);
  if (fault) throw new StatusError(fault);
}

function text(metadata: Metadata, name: string): string | undefined {
  const value = metadata.get(name)[0];
  return typeof value === 'string' ? value : undefined;
}

// A handler that stops reading early still has to answer, so that leaving its loop must not destroy the call.
function requestsOf(call: ServerReadableStream<Message, Message>): AsyncIterable<Message> {
  return (call as unknown as Readable).iterator({ destroyOnReturn: false });
}

function streamContext(
  call: {
    metadata: Metadata;
    cancelled: boolean;
    once(event: 'cancelled', listener: () => void): unknown;
  },
  closing: AbortSignal,
): StreamContext {
  const caller = new AbortController();
  if (call.cancelled) caller.abort();
  call.once('cancelled', () => caller.abort());
  return { metadata: call.metadata, signal: AbortSignal.any([caller.signal, closing]) };
}
