// Declarations that must not compile. `tsc` fails when one does (an unused @ts-expect-error), and
// define.types.int.test.ts checks that each fails for the reason written after `@ts-expect-error:`.
import { defineTopology } from './define.ts';
import { grpc, http } from './operations.ts';
import { grpcService, httpService } from './services.ts';

const get = http({
  method: 'GET',
  path: '/users/{id}',
  idempotent: true,
  example: { params: { id: '1' } },
});
const add = http({ method: 'POST', path: '/users', idempotent: false, example: { body: {} } });
const feed = http({
  method: 'GET',
  path: '/feed',
  idempotent: true,
  streaming: true,
  example: {},
});
const Take = grpc({ kind: 'unary', idempotent: true, example: { messages: [{}] } });
const Watch = grpc({ kind: 'server-stream', idempotent: true, example: { messages: [{}] } });

const common = {
  namespace: 'demo',
  image: 'demo:1',
  services: {
    front: httpService({ replicas: 1, port: 8080, contract: 'front.ts', operations: { feed } }),
    users: httpService({ replicas: 1, port: 8080, contract: 'u.ts', operations: { get, add } }),
    stock: grpcService({
      replicas: 1,
      port: 8080,
      contract: 'stock.proto',
      rpcService: 'demo.Stock',
      operations: { Take, Watch },
    }),
  },
};
const entry = { service: 'front', hosts: ['*'], deadlinesMs: { feed: 'none' } } as const;
const budget = { percent: 20, minRetryConcurrency: 3 };

// What is right compiles: otherwise the cases below would prove nothing.
defineTopology({
  ...common,
  entry,
  edges: {
    'front->users.get': {
      during: ['feed'],
      deadlineMs: 300,
      retry: { attempts: 2, perTryTimeoutMs: 100, on: ['reset', '503'] },
      budget,
    },
    'front->stock.Take': {
      during: ['feed'],
      deadlineMs: 300,
      retry: { attempts: 2, perTryTimeoutMs: 100, on: ['reset', 'unavailable'] },
      budget,
    },
    'front->stock.Watch': { during: ['feed'], deadlineMs: 'none' },
    'front->users.add': { during: ['feed'], deadlineMs: 300 },
  },
});

defineTopology({
  ...common,
  entry,
  edges: {
    // @ts-expect-error: no service is called "fron"
    'fron->users.get': { during: ['feed'], deadlineMs: 300 },
    // @ts-expect-error: no service declares the operation "user.get"
    'front->user.get': { during: ['feed'], deadlineMs: 300 },
    // @ts-expect-error: no service declares the operation "users.gett"
    'front->users.gett': { during: ['feed'], deadlineMs: 300 },
    // @ts-expect-error: an edge is named caller->service.operation
    'front users.get': { during: ['feed'], deadlineMs: 300 },
    // @ts-expect-error: Type '"shop"' is not assignable to type '"feed"'
    'front->users.get': { during: ['shop'], deadlineMs: 300 },
  },
});

defineTopology({
  ...common,
  entry,
  edges: {
    'front->users.add': {
      during: ['feed'],
      deadlineMs: 300,
      // @ts-expect-error: a retry needs an operation that is declared idempotent
      retry: { attempts: 2, perTryTimeoutMs: 100, on: ['reset'] },
    },
    'front->stock.Watch': {
      during: ['feed'],
      deadlineMs: 'none',
      // @ts-expect-error: a stream cannot be retried by the mesh: what was sent cannot be sent again
      retry: { attempts: 2, perTryTimeoutMs: 100, on: ['reset'] },
    },
    'front->users.get': {
      during: ['feed'],
      deadlineMs: 300,
      // @ts-expect-error: Type '"unavailable"' is not assignable to type 'HttpRetryOn'
      retry: { attempts: 2, perTryTimeoutMs: 100, on: ['unavailable'] },
      budget,
    },
    'front->stock.Take': {
      during: ['feed'],
      deadlineMs: 300,
      // @ts-expect-error: Type '"5xx"' is not assignable to type 'GrpcRetryOn'
      retry: { attempts: 2, perTryTimeoutMs: 100, on: ['5xx'] },
      budget,
    },
  },
});

defineTopology({
  ...common,
  entry,
  edges: {
    // @ts-expect-error: Type 'string' is not assignable to type 'number'
    'front->users.get': { during: ['feed'], deadlineMs: 'none' },
    // @ts-expect-error: Property 'deadlineMs' is missing
    'front->stock.Take': { during: ['feed'] },
    // @ts-expect-error: a retry needs an operation that is declared idempotent
    'front->users.add': { during: ['feed'], deadlineMs: 300, budget },
    // @ts-expect-error: 'retires' does not exist
    'front->stock.Watch': { during: ['feed'], deadlineMs: 'none', retires: 2 },
  },
});

defineTopology({
  ...common,
  entry,
  edges: {
    // @ts-expect-error: a budget bounds retries, and there is none
    'front->users.get': { during: ['feed'], deadlineMs: 300, budget },
    // @ts-expect-error: Property 'budget' is missing
    'front->stock.Take': {
      during: ['feed'],
      deadlineMs: 300,
      retry: { attempts: 2, perTryTimeoutMs: 100, on: ['reset'] },
    },
  },
});

defineTopology({
  ...common,
  edges: {},
  // @ts-expect-error: Type '"fornt"' is not assignable to type
  entry: { service: 'fornt', hosts: ['*'], deadlinesMs: {} },
});

defineTopology({
  ...common,
  edges: {},
  // @ts-expect-error: is not assignable to type '{ readonly feed: Deadline; }
  entry: { service: 'front', hosts: ['*'], deadlinesMs: {} },
});

http({
  method: 'GET',
  path: '/users/{id}',
  idempotent: true,
  // @ts-expect-error: Property 'id' is missing
  example: { params: {} },
});
