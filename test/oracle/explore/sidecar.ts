import type { JsonObject } from '../../../src/json.ts';
import { connectionPool } from './destination-rule.ts';
import { resource, workloadLabels } from './names.ts';
import type { Random } from './random.ts';

/** A Sidecar: what a workload reaches, and the ports at which it is reached. */
export function sidecar(random: Random, index: number): JsonObject {
  return resource(
    'Sidecar',
    { name: `sc${index}`, namespace: random.pick(['shop', 'shop', 'sales', 'istio-system']) },
    random.fields({
      workloadSelector: [0.4, () => ({ labels: workloadLabels(random) })],
      egress: [0.7, () => egress(random)],
      ingress: [0.35, () => random.some(ingressPorts(), 1, 2).map((port) => ingress(random, port))],
      outboundTrafficPolicy: [0.4, () => ({ mode: random.pick(['REGISTRY_ONLY', 'ALLOW_ANY']) })],
      inboundConnectionPool: [0.15, () => connectionPool(random)],
    }),
  );
}

function egress(random: Random): JsonObject[] {
  const patterns = [
    './*',
    '*/*',
    'shop/*',
    'sales/*',
    '~/*',
    'istio-system/*',
    './users.shop.svc.cluster.local',
    '*/orders.sales.svc.cluster.local',
    'shop/*.shop.svc.cluster.local',
    'sales/web.sales.svc.cluster.local',
    '*/*.example.org',
  ];
  const rest: JsonObject = { hosts: random.some(patterns, 1, 2) };
  if (random.chance(0.6)) return [rest];
  const port: JsonObject = {
    number: random.pick([80, 8080, 5432, 9000]),
    protocol: random.pick(['HTTP', 'TCP', 'GRPC']),
    name: 'p',
  };
  const bound = random.fields({
    bind: [0.2, () => random.pick(['127.0.0.1', '0.0.0.0'])],
    captureMode: [0.2, () => random.pick(['DEFAULT', 'IPTABLES', 'NONE'])],
  });
  const first: JsonObject = { port, ...bound, hosts: random.some(patterns, 1, 2) };
  return random.chance(0.7) ? [first, rest] : [first];
}

function ingressPorts(): JsonObject[] {
  return [
    { number: 8080, protocol: 'HTTP', name: 'http' },
    { number: 9000, protocol: 'GRPC', name: 'grpc' },
    { number: 5432, protocol: 'TCP', name: 'tcp' },
    { number: 9999, protocol: 'HTTP2', name: 'extra' },
    { number: 80, protocol: 'TLS', name: 'tls' },
  ];
}

function ingress(random: Random, port: JsonObject): JsonObject {
  return {
    port,
    ...random.fields({
      defaultEndpoint: [0.85, () => `127.0.0.1:${random.pick([8080, 3000])}`],
      bind: [0.15, () => random.pick(['0.0.0.0', '10.0.0.9'])],
      captureMode: [0.15, () => random.pick(['DEFAULT', 'IPTABLES'])],
      connectionPool: [0.2, () => connectionPool(random)],
    }),
  };
}
