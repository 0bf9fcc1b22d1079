import { defineTopology } from '../src/topology/define.ts';
import { grpc, http } from '../src/topology/operations.ts';
import { grpcService, httpService } from '../src/topology/services.ts';

/** Retries of REST calls: whatever did not reach the service's own code, and a try that took too long. */
const restRetryOn = ['gateway-error', 'connect-failure', 'refused-stream', 'reset'] as const;

/** The same for gRPC: a failed call has HTTP status 200, so its own status decides. */
const grpcRetryOn = ['unavailable', 'connect-failure', 'refused-stream', 'reset'] as const;

/** Retries may add a fifth to the load of a callee; three are always free, so that a quiet service can retry. */
const budget = { percent: 20, minRetryConcurrency: 3 };

/**
 * The shop: who there is, who calls whom, and how. The single source of truth; run `npm run synth` after a change.
 * Deadlines shrink on the way down, and calls that one operation makes one after another fit into its own together.
 */
export const topology = defineTopology({
  namespace: 'shop',
  image: 'windtunnel/shop:0.1.0',
  services: {
    storefront: httpService({
      replicas: 1,
      port: 8080,
      contract: 'services/storefront/schemas.ts',
      operations: {
        getUser: http({
          method: 'GET',
          path: '/users/{id}',
          idempotent: true,
          example: { params: { id: '123' } },
        }),
        placeOrder: http({
          method: 'POST',
          path: '/orders',
          idempotent: false,
          example: {
            body: { userId: '123', items: [{ sku: 'book', quantity: 1 }] },
            status: 201,
          },
        }),
        getOrder: http({
          method: 'GET',
          path: '/orders/{id}',
          idempotent: true,
          example: { params: { id: { from: 'storefront.placeOrder', field: 'id' } } },
        }),
        watchStock: http({
          method: 'GET',
          path: '/stock/{sku}/events',
          idempotent: true,
          streaming: true,
          example: { params: { sku: 'book' }, answerLines: 1 },
        }),
        importStock: http({
          method: 'POST',
          path: '/stock/imports',
          idempotent: false,
          streaming: true,
          example: { lines: [{ sku: 'book', quantity: 5 }] },
        }),
        reconcileStock: http({
          method: 'POST',
          path: '/stock/reconciliations',
          idempotent: true,
          streaming: true,
          example: { lines: [{ sku: 'book', counted: 1 }], answerLines: 1 },
        }),
      },
    }),
    users: httpService({
      replicas: 2,
      port: 8080,
      contract: 'services/users/schemas.ts',
      operations: {
        get: http({
          method: 'GET',
          path: '/users/{id}',
          idempotent: true,
          example: { params: { id: '123' } },
        }),
      },
    }),
    orders: httpService({
      replicas: 1,
      port: 8080,
      contract: 'services/orders/schemas.ts',
      operations: {
        place: http({
          method: 'POST',
          path: '/orders',
          idempotent: false,
          example: {
            body: { userId: '123', items: [{ sku: 'book', quantity: 1 }] },
            status: 201,
          },
        }),
        get: http({
          method: 'GET',
          path: '/orders/{id}',
          idempotent: true,
          example: { params: { id: { from: 'orders.place', field: 'id' } } },
        }),
      },
    }),
    inventory: grpcService({
      replicas: 1,
      port: 50_051,
      contract: 'services/inventory/inventory.proto',
      rpcService: 'shop.inventory.v1.Inventory',
      operations: {
        // Repeating a reservation_id gives the first answer again.
        Reserve: grpc({
          kind: 'unary',
          idempotent: true,
          example: { messages: [{ reservation_id: 'example-1', sku: 'book', quantity: 1 }] },
        }),
        WatchStock: grpc({
          kind: 'server-stream',
          idempotent: true,
          example: { messages: [{ sku: 'book' }] },
        }),
        ImportStock: grpc({
          kind: 'client-stream',
          idempotent: false,
          example: { messages: [{ sku: 'book', quantity: 5 }] },
        }),
        Reconcile: grpc({
          kind: 'bidi',
          idempotent: true,
          example: { messages: [{ sku: 'book', counted: 1 }] },
        }),
      },
    }),
    payments: grpcService({
      replicas: 1,
      port: 50_051,
      contract: 'services/payments/payments.proto',
      rpcService: 'shop.payments.v1.Payments',
      operations: {
        Charge: grpc({
          kind: 'unary',
          idempotent: false,
          example: {
            messages: [{ order_id: 'example-1', user_id: '123', amount_cents: 1500 }],
          },
        }),
        Refund: grpc({
          kind: 'unary',
          idempotent: false,
          example: { messages: [{ charge_id: 'example-1' }] },
        }),
      },
    }),
  },
  edges: {
    'storefront->users.get': {
      during: ['getUser'],
      deadlineMs: 800,
      retry: { attempts: 2, perTryTimeoutMs: 250, on: restRetryOn },
      budget,
    },
    'storefront->orders.place': { during: ['placeOrder'], deadlineMs: 3000 },
    'storefront->orders.get': {
      during: ['getOrder'],
      deadlineMs: 1000,
      retry: { attempts: 2, perTryTimeoutMs: 300, on: restRetryOn },
      budget,
    },
    'storefront->inventory.WatchStock': { during: ['watchStock'], deadlineMs: 'none' },
    'storefront->inventory.ImportStock': { during: ['importStock'], deadlineMs: 5000 },
    'storefront->inventory.Reconcile': { during: ['reconcileStock'], deadlineMs: 'none' },
    'orders->users.get': {
      during: ['place'],
      deadlineMs: 600,
      retry: { attempts: 2, perTryTimeoutMs: 200, on: restRetryOn },
      budget,
    },
    'orders->inventory.Reserve': {
      during: ['place'],
      deadlineMs: 700,
      retry: { attempts: 2, perTryTimeoutMs: 230, on: grpcRetryOn },
      budget,
    },
    'orders->payments.Charge': { during: ['place'], deadlineMs: 900 },
  },
  entry: {
    service: 'storefront',
    // Any host: the gateway serves this one system, by whatever name or address a laptop, a port-forward or a load
    // balancer gives it; who may call what is decided by identity at the storefront, never by the Host header.
    hosts: ['*'],
    deadlinesMs: {
      getUser: 1000,
      placeOrder: 4000,
      getOrder: 1500,
      watchStock: 'none',
      importStock: 6000,
      reconcileStock: 'none',
    },
  },
});

/** Names of the shop's services. */
export type ShopService = (typeof topology)['services'][number]['name'];

/** Ids of the shop's edges, e.g. `storefront->users.get`. */
export type ShopEdge = (typeof topology)['edges'][number]['id'];
