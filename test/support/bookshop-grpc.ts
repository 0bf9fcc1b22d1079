import { fileURLToPath } from 'node:url';
import {
  type Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const proto = fileURLToPath(new URL('../fixtures/bookshop/greeter.proto', import.meta.url));
const { bookshop } = loadPackageDefinition(loadSync(proto)) as unknown as {
  bookshop: { Greeter: ServiceClientConstructor };
};

/** How a call ended: gRPC status, and what came. */
export interface GrpcOutcome {
  code: number;
  details: string;
  messages: { text: string; pod: string; attempt: number }[];
}

const endOf = (error: ServiceError | null): Pick<GrpcOutcome, 'code' | 'details'> => ({
  code: error?.code ?? 0,
  details: error?.details ?? '',
});

const clientOf = (port: number): Client =>
  new bookshop.Greeter(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_retries': 0,
  });

const metadataOf = (entries: Record<string, string>): Metadata => {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
  return metadata;
};

/** One unary call of the bookshop's greeter; it answers with `codes` in turn, 0 being OK. */
export function greet(
  port: number,
  request: { name: string; codes?: number[] },
  options: { metadata?: Record<string, string>; deadlineMs?: number } = {},
): Promise<GrpcOutcome> {
  const client = clientOf(port);
  const { metadata = {}, deadlineMs = 10_000 } = options;
  const greeter = client as Client & { Greet: (...args: unknown[]) => void };
  return new Promise((resolve) => {
    greeter.Greet(
      request,
      metadataOf(metadata),
      { deadline: Date.now() + deadlineMs },
      (error: ServiceError | null, answer?: GrpcOutcome['messages'][number]) => {
        client.close();
        resolve({ ...endOf(error), messages: answer ? [answer] : [] });
      },
    );
  });
}

/** A stream of `count` messages, one every 100 ms. */
export function count(port: number, count: number): Promise<GrpcOutcome> {
  const client = clientOf(port);
  const greeter = client as Client & {
    Count: (request: object) => NodeJS.EventEmitter;
  };
  return new Promise((resolve) => {
    const messages: GrpcOutcome['messages'] = [];
    let error: ServiceError | null = null;
    const call = greeter.Count({ name: String(count) });
    call.on('data', (message: GrpcOutcome['messages'][number]) => messages.push(message));
    call.on('error', (thrown: ServiceError) => {
      error = thrown;
    });
    call.on('status', () => {
      client.close();
      setImmediate(() => resolve({ ...endOf(error), messages }));
    });
  });
}

/** A conversation: sends each name once the answer to the one before it came. */
export function chat(port: number, names: string[]): Promise<GrpcOutcome> {
  const client = clientOf(port);
  const greeter = client as Client & {
    Chat: () => NodeJS.EventEmitter & { write(message: object): void; end(): void };
  };
  return new Promise((resolve) => {
    const messages: GrpcOutcome['messages'] = [];
    let error: ServiceError | null = null;
    const call = greeter.Chat();
    const next = (): void => {
      const name = names[messages.length];
      if (name === undefined) call.end();
      else call.write({ name });
    };
    call.on('data', (message: GrpcOutcome['messages'][number]) => {
      messages.push(message);
      next();
    });
    call.on('error', (thrown: ServiceError) => {
      error = thrown;
    });
    call.on('status', () => {
      client.close();
      setImmediate(() => resolve({ ...endOf(error), messages }));
    });
    next();
  });
}
