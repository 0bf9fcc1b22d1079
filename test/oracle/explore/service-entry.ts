import type { JsonObject } from '../../../src/json.ts';
import { appNames, exportTo, namespaces, resource, workloadLabels } from './names.ts';
import type { Random } from './random.ts';

/** A ServiceEntry of each resolution. */
export function serviceEntry(random: Random, index: number): JsonObject {
  const own = `ext${index}.example.net`;
  return resource(
    'ServiceEntry',
    { name: `se${index}`, namespace: random.pick(namespaces) },
    {
      hosts: random.some(
        ['api.example.com', 'www.example.org', '*.example.org', own],
        1,
        random.pick([1, 1, 2]),
      ),
      ports: random.some(ports(random), 1, random.pick([1, 1, 2])),
      ...random.fields({
        addresses: [
          0.3,
          () => random.some(['198.51.100.7', '198.51.100.0/24', '203.0.113.9'], 1, 2),
        ],
        location: [0.6, () => random.pick(['MESH_EXTERNAL', 'MESH_INTERNAL'])],
        subjectAltNames: [0.15, () => ['spiffe://cluster.local/ns/shop/sa/x']],
      }),
      ...resolution(random),
      ...exportTo(random),
    },
  );
}

/** A WorkloadEntry, for ServiceEntries that select it. */
export function workloadEntry(random: Random, index: number): JsonObject {
  return resource(
    'WorkloadEntry',
    { name: `we${index}`, namespace: random.pick(['shop', 'sales']) },
    {
      address: `192.0.2.${40 + index}`,
      // Labels of an application would make its Service select the machine, which is refused.
      labels: {
        app: random.chance(0.05) ? random.pick(appNames) : 'machine',
        version: random.pick(['v1', 'v2']),
      },
      ...random.fields({
        ports: [0.3, () => ({ http: 8081 })],
        weight: [0.3, () => 5],
        serviceAccount: [0.3, () => 'machine'],
      }),
    },
  );
}

function ports(random: Random): JsonObject[] {
  return [
    { number: 80, name: 'http', protocol: 'HTTP' },
    { number: 443, name: 'tls', protocol: random.pick(['TLS', 'HTTPS']) },
    { number: 5432, name: 'tcp', protocol: 'TCP' },
    { number: 8080, name: 'alt', protocol: 'HTTP', targetPort: 80 },
    { number: 9000, name: 'grpc', protocol: random.pick(['GRPC', 'HTTP2', 'GRPC-WEB']) },
    { number: 3306, name: 'sql', protocol: random.pick(['MYSQL', 'REDIS', 'MONGO']) },
  ];
}

function resolution(random: Random): JsonObject {
  const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
  const names = ['one.example.net', 'two.example.net', '192.0.2.9'];
  const endpoints = (choices: string[]): JsonObject[] =>
    random.some(choices, 1, 3).map((address) => endpoint(random, address));
  return random.pick<() => JsonObject>([
    () => ({ resolution: 'DNS' }),
    () => ({ resolution: 'DNS', endpoints: endpoints(names) }),
    () => ({ resolution: 'DNS_ROUND_ROBIN' }),
    () => ({ resolution: 'DNS_ROUND_ROBIN', endpoints: endpoints(names).slice(0, 1) }),
    () => ({ resolution: 'STATIC', endpoints: endpoints(addresses) }),
    () => ({ resolution: 'STATIC', endpoints: endpoints(addresses) }),
    () => ({
      resolution: 'STATIC',
      workloadSelector: {
        labels: random.chance(0.4) ? { app: 'machine' } : workloadLabels(random),
      },
    }),
    () => ({ resolution: 'NONE' }),
    () => ({}),
  ])();
}

function endpoint(random: Random, address: string): JsonObject {
  return {
    address,
    ...random.fields({
      labels: [
        0.5,
        () => ({
          version: random.pick(['v1', 'v2']),
          ...random.fields({ 'security.istio.io/tlsMode': [0.2, () => 'istio'] }),
        }),
      ],
      weight: [0.3, () => random.pick([1, 3])],
      ports: [0.25, () => ({ [random.pick(['http', 'tcp', 'tls'])]: 8443 })],
      locality: [0.15, () => random.pick(['region1/zone1', 'region1', 'region2/zone2/sub'])],
      serviceAccount: [0.15, () => 'outside'],
    }),
  };
}
