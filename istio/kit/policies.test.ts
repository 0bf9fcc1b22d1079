import { describe, expect, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import { allowedEdges } from '../../src/topology/derive.ts';
import { policies } from '../policies.ts';
import { authorizationPolicyFor } from './authorization-policy.ts';
import { destinationRuleFor } from './destination-rule.ts';
import { gatewayFor } from './gateway.ts';
import { sidecarFor } from './sidecar.ts';
import { virtualServiceFor } from './virtual-service.ts';

describe('the VirtualService', () => {
  test('has a route for each caller where their policies differ, and refuses the rest at the callee', () => {
    const destination = { host: 'users.shop.svc.cluster.local', port: { number: 8080 } };
    const route = [{ destination }];
    const retryOn = 'gateway-error,connect-failure,refused-stream,reset';
    const match = (app: string): object[] => [
      { uri: { regex: '/users/[^/]+' }, method: { exact: 'GET' }, sourceLabels: { app } },
    ];
    expect(virtualServiceFor(topology, 'users').spec).toEqual({
      hosts: ['users.shop.svc.cluster.local'],
      http: [
        {
          name: 'get-from-orders',
          match: match('orders'),
          route,
          timeout: '600ms',
          retries: { attempts: 2, perTryTimeout: '200ms', retryOn },
        },
        {
          name: 'get-from-storefront',
          match: match('storefront'),
          route,
          timeout: '800ms',
          retries: { attempts: 2, perTryTimeout: '250ms', retryOn },
        },
        { name: 'undeclared', route, retries: { attempts: 0 } },
      ],
    });
  });

  test('of gRPC matches the method by its path, and never ends a stream', () => {
    const routes = virtualServiceFor(topology, 'inventory').spec?.http ?? [];
    expect(routes.map((route) => [route.name, route.timeout, route.retries?.attempts])).toEqual([
      ['ImportStock', '5s', 0],
      ['Reconcile', undefined, 0],
      ['Reserve', '700ms', 2],
      ['WatchStock', undefined, 0],
      ['undeclared', undefined, 0],
    ]);
    expect(routes[2]?.match).toEqual([
      { uri: { exact: '/shop.inventory.v1.Inventory/Reserve' }, method: { exact: 'POST' } },
    ]);
  });

  test('switches retries off by name where none are declared: left out would mean two', () => {
    const all = topology.services.flatMap(
      ({ name }) => virtualServiceFor(topology, name).spec?.http ?? [],
    );
    expect(all.filter((route) => route.retries === undefined)).toEqual([]);
    const place = virtualServiceFor(topology, 'orders').spec?.http?.find(
      (route) => route.name === 'place',
    );
    expect(place).toMatchObject({ timeout: '3s', retries: { attempts: 0 } });
  });

  test('has no route for what nobody calls', () => {
    const routes = virtualServiceFor(topology, 'payments').spec?.http ?? [];
    expect(routes.map((route) => route.name)).toEqual(['Charge', 'undeclared']);
  });

  test('of the entry belongs to the gateway', () => {
    const { hosts, gateways, http } = virtualServiceFor(topology, 'storefront').spec ?? {};
    expect([hosts, gateways]).toEqual([['*'], ['storefront']]);
    expect(http?.map((route) => route.name)).not.toContain('undeclared');
    expect(gatewayFor(topology).spec?.selector).toEqual({ istio: 'ingressgateway' });
  });

  test('takes another policy for one edge and leaves the others', () => {
    const retry = { attempts: 3, perTryTimeoutMs: 100, on: ['5xx'] } as const;
    const routes = virtualServiceFor(topology, 'users', {
      'storefront->users.get': { retry, deadlineMs: 900 },
      'orders->users.get': { retry: 'none' },
    }).spec?.http;
    expect(routes?.map((route) => [route.timeout, route.retries])).toEqual([
      ['600ms', { attempts: 0 }],
      ['900ms', { attempts: 3, perTryTimeout: '100ms', retryOn: '5xx' }],
      [undefined, { attempts: 0 }],
    ]);
  });

  test('refuses an override of an edge that does not exist', () => {
    expect(() => virtualServiceFor(topology, 'users', { 'a->users.get': {} })).toThrow(
      "no edge is called 'a->users.get'",
    );
  });
});

describe('the DestinationRule', () => {
  test('bounds connections and retries, and ejects all replicas but one at most', () => {
    expect(destinationRuleFor(topology, 'users', policies.users).spec).toEqual({
      host: 'users.shop.svc.cluster.local',
      trafficPolicy: {
        connectionPool: {
          tcp: { connectTimeout: '1s', maxConnections: 128 },
          http: { http1MaxPendingRequests: 128, http2MaxRequests: 256 },
        },
        retryBudget: { percent: 20, minRetryConcurrency: 3 },
        outlierDetection: {
          consecutiveGatewayErrors: 5,
          consecutive5xxErrors: 0,
          interval: '5s',
          baseEjectionTime: '10s',
          maxEjectionPercent: 50,
        },
      },
    });
  });

  test('ejects nothing where there is one replica, and has no budget where nothing is retried', () => {
    const policy = { ...policies.payments, outlierDetection: policies.users.outlierDetection };
    const { trafficPolicy } = destinationRuleFor(topology, 'payments', policy).spec ?? {};
    expect(Object.keys(trafficPolicy ?? {})).toEqual(['connectionPool']);
  });

  test('leaves out what an experiment leaves out', () => {
    const { trafficPolicy } =
      destinationRuleFor(topology, 'users', policies.users, {
        retryBudget: 'none',
        outlierDetection: 'none',
      }).spec ?? {};
    expect(Object.keys(trafficPolicy ?? {})).toEqual(['connectionPool']);
  });
});

describe('the AuthorizationPolicy', () => {
  test('allows one caller one operation a rule: method and path, a parameter being one segment', () => {
    const rule = (caller: string): object => ({
      from: [{ source: { principals: [`cluster.local/ns/shop/sa/${caller}`] } }],
      to: [{ operation: { methods: ['GET'], paths: ['/users/{*}'] } }],
    });
    expect(authorizationPolicyFor(topology, 'users').spec).toEqual({
      selector: { matchLabels: { app: 'users' } },
      action: 'ALLOW',
      rules: [rule('orders'), rule('storefront')],
    });
  });

  test('has as many rules as there are edges, of all services together', () => {
    const rules = topology.services.flatMap(
      ({ name }) => authorizationPolicyFor(topology, name).spec?.rules ?? [],
    );
    expect(rules).toHaveLength(allowedEdges(topology).length);
  });

  test('names gRPC methods by their path', () => {
    const rules = authorizationPolicyFor(topology, 'payments').spec?.rules;
    expect(rules?.map((rule) => rule.to)).toEqual([
      [{ operation: { methods: ['POST'], paths: ['/shop.payments.v1.Payments/Charge'] } }],
    ]);
  });
});

test('the Sidecar of a service that calls nobody lets it reach the collector alone', () => {
  expect(sidecarFor(topology, 'payments').spec).toEqual({
    workloadSelector: { labels: { app: 'payments' } },
    egress: [{ hosts: ['observability/jaeger.observability.svc.cluster.local'] }],
    outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
  });
});
