import { describe, expect, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import {
  allowedEdges,
  callersOf,
  deniedEdges,
  edgeNamed,
  environmentOf,
  operationNamed,
  principalOf,
  serviceNamed,
  sidecarHosts,
} from './derive.ts';

describe('what follows from the topology', () => {
  test('a workload gets its port and the address of each service it calls', () => {
    expect(environmentOf(topology, 'orders')).toEqual([
      { name: 'PORT', value: '8080' },
      { name: 'INVENTORY_ADDR', value: 'inventory:50051' },
      { name: 'PAYMENTS_ADDR', value: 'payments:50051' },
      { name: 'USERS_ADDR', value: 'users:8080' },
    ]);
    expect(environmentOf(topology, 'payments')).toEqual([{ name: 'PORT', value: '50051' }]);
  });

  test('the callers of an operation and of a service', () => {
    expect(callersOf(topology, 'users.get')).toEqual(['orders', 'storefront']);
    expect(callersOf(topology, 'inventory')).toEqual(['orders', 'storefront']);
    expect(callersOf(topology, 'inventory.Reserve')).toEqual(['orders']);
    expect(callersOf(topology, 'payments.Refund')).toEqual([]);
    expect(callersOf(topology, 'storefront.getUser')).toEqual(['ingress']);
  });

  test('a sidecar knows what its workload calls and the collector, and nothing else', () => {
    const collector = 'observability/jaeger.observability.svc.cluster.local';
    expect(sidecarHosts(topology, 'orders')).toEqual([
      './inventory.shop.svc.cluster.local',
      './payments.shop.svc.cluster.local',
      './users.shop.svc.cluster.local',
      collector,
    ]);
    expect(sidecarHosts(topology, 'users')).toEqual([collector]);
  });

  test('every identity is allowed or denied at every operation, never both', () => {
    const pair = ({ caller, operation }: { caller: string; operation: string }): string =>
      `${caller}->${operation}`;
    const allowed = allowedEdges(topology).map(pair);
    const denied = deniedEdges(topology).map(pair);
    expect(allowed).toEqual(topology.edges.map((edge) => edge.id));
    expect(new Set([...allowed, ...denied]).size).toBe(allowed.length + denied.length);
    // Six identities (five services and the gateway) at 15 operations.
    expect(allowed.length + denied.length).toBe(6 * 15);
    expect(denied).toContain('storefront->payments.Charge');
    expect(denied).toContain('orders->orders.place');
    expect(denied).toContain('ingress->users.get');
  });

  test('identities are those of service accounts', () => {
    expect(principalOf(topology, 'orders')).toBe('cluster.local/ns/shop/sa/orders');
    expect(principalOf(topology, 'ingress')).toBe(
      'cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account',
    );
  });

  test('a name that does not exist is refused with those that do', () => {
    expect(() => serviceNamed(topology, 'user')).toThrow("no service is called 'user'");
    expect(() => operationNamed(topology, 'users.put')).toThrow(
      "no operation is called 'users.put'",
    );
    expect(() => edgeNamed(topology, 'a->b.c')).toThrow("no edge is called 'a->b.c'");
  });
});
