import type { OracleCase } from '../case.ts';
import { destinationRule, networking, outbound, shop, virtualService } from './outbound-base.ts';

const entry = (name: string, spec: string, more = ''): OracleCase =>
  outbound(`entry-${name}`, shop + networking('ServiceEntry', 'outside', spec) + more);

const http = 'ports: [{ number: 80, name: http, protocol: HTTP }]';
const tls = 'ports: [{ number: 443, name: tls, protocol: TLS }]';

/** Hosts outside the mesh, or in it without a Service. */
export const cases: OracleCase[] = [
  entry('dns', `hosts: [api.example.com], ${http}, resolution: DNS, location: MESH_EXTERNAL`),
  entry(
    'dns-endpoints',
    `hosts: [api.example.com], ${http}, resolution: DNS, endpoints: [{ address: us.example.com, ports: { http: 8080 }, weight: 3 }, { address: 192.0.2.1 }]`,
  ),
  entry('dns-round-robin', `hosts: [api.example.com], ${http}, resolution: DNS_ROUND_ROBIN`),
  entry(
    'dns-target-port',
    'hosts: [api.example.com], ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 8080 }], resolution: DNS',
  ),
  entry(
    'static',
    `hosts: [api.example.com], ${http}, resolution: STATIC, endpoints: [{ address: 192.0.2.1 }, { address: 192.0.2.2, weight: 5, labels: { version: v2 }, locality: eu/eu-1 }]`,
  ),
  entry(
    'static-address',
    `hosts: [db.example.com], addresses: [198.51.100.7], ports: [{ number: 5432, name: tcp, protocol: TCP }], resolution: STATIC, endpoints: [{ address: 192.0.2.1 }]`,
  ),
  entry('none-http', `hosts: [api.example.com, '*.example.org'], ${http}, resolution: NONE`),
  entry('none-tls', `hosts: ['*.example.org'], ${tls}, resolution: NONE`),
  entry(
    'none-cidr',
    'hosts: [net.example.com], addresses: [198.51.100.0/24], ports: [{ number: 9000, name: tcp, protocol: TCP }]',
  ),
  entry(
    'two-addresses',
    'hosts: [net.example.com], addresses: [198.51.100.1, 198.51.100.2/32], ports: [{ number: 9000, name: tcp, protocol: TCP }], resolution: STATIC, endpoints: [{ address: 192.0.2.1 }]',
  ),
  entry(
    'dns-passthrough',
    `hosts: [dns.example.com], ${http}, resolution: DNS, endpoints: [{ address: one.example.net, labels: { version: v1 } }]`,
    destinationRule(
      'dns',
      'host: dns.example.com, trafficPolicy: { loadBalancer: { simple: PASSTHROUGH } }, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]',
    ),
  ),
  entry(
    'two-addresses-of-pods',
    'hosts: [pods.example.com], addresses: [198.51.100.1, 198.51.100.2], ports: [{ number: 9000, name: tcp, protocol: TCP }], resolution: STATIC, workloadSelector: { labels: { app: users } }',
  ),
  entry(
    'localities-and-outliers',
    `hosts: [far.example.com], ${http}, resolution: STATIC, endpoints: [{ address: 192.0.2.1, locality: eu/eu-1 }, { address: 192.0.2.2, locality: us/us-1/a, weight: 3 }, { address: 192.0.2.3 }]`,
    destinationRule(
      'far',
      'host: far.example.com, trafficPolicy: { outlierDetection: { consecutive5xxErrors: 2, minHealthPercent: 50 } }',
    ),
  ),
  entry(
    'dns-two-addresses',
    'hosts: [db.example.com], addresses: [198.51.100.1, 198.51.100.2], ports: [{ number: 5432, name: tcp, protocol: TCP }], resolution: DNS',
  ),
  entry(
    'dns-round-robin-two-addresses',
    'hosts: [db.example.com], addresses: [198.51.100.1, 198.51.100.2], ports: [{ number: 5432, name: tcp, protocol: TCP }], resolution: DNS_ROUND_ROBIN',
  ),
  entry(
    'dns-round-robin-endpoint-of-two-addresses',
    'hosts: [db.example.com], addresses: [198.51.100.1, 198.51.100.2], ports: [{ number: 5432, name: tcp, protocol: TCP }], resolution: DNS_ROUND_ROBIN, endpoints: [{ address: one.example.net }]',
  ),
  entry(
    'mesh-internal',
    `hosts: [vm.example.com], ${http}, location: MESH_INTERNAL, resolution: STATIC, endpoints: [{ address: 192.0.2.9, serviceAccount: vm, labels: { version: v1 } }], subjectAltNames: ['spiffe://cluster.local/ns/shop/sa/other']`,
  ),
  entry(
    'workload-selector',
    `hosts: [users.example.com], ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 8080 }], location: MESH_INTERNAL, resolution: STATIC, workloadSelector: { labels: { app: users } }`,
  ),
  entry(
    'workload-entry',
    `hosts: [vm.example.com], ${http}, location: MESH_INTERNAL, resolution: STATIC, workloadSelector: { labels: { app: vm } }`,
    networking(
      'WorkloadEntry',
      'vm-1',
      'address: 192.0.2.50, labels: { app: vm }, serviceAccount: vm, ports: { http: 8081 }',
    ),
  ),
  entry(
    'exported-to-another',
    `hosts: [api.example.com], exportTo: [sales], ${http}, resolution: DNS`,
  ),
  entry(
    'tls-origination',
    'hosts: [api.example.com], ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 443 }], resolution: DNS',
    destinationRule(
      'api',
      'host: api.example.com, trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: SIMPLE, sni: api.example.com } }] }',
    ),
  ),
  entry(
    'virtual-service',
    `hosts: [api.example.com], ${http}, resolution: DNS`,
    virtualService(
      'api',
      'hosts: [api.example.com], http: [{ timeout: 3s, fault: { delay: { fixedDelay: 1s, percentage: { value: 10 } } }, route: [{ destination: { host: api.example.com } }] }]',
    ),
  ),
  entry(
    'tls-virtual-service',
    `hosts: [www.example.com], ${tls}, resolution: DNS`,
    virtualService(
      'www',
      'hosts: [www.example.com], tls: [{ match: [{ port: 443, sniHosts: [www.example.com] }], route: [{ destination: { host: www.example.com, port: { number: 443 } } }] }]',
    ),
  ),
  entry(
    'subsets',
    `hosts: [api.example.com], ${http}, resolution: STATIC, endpoints: [{ address: 192.0.2.1, labels: { version: v1 } }, { address: 192.0.2.2, labels: { version: v2 } }]`,
    destinationRule(
      'api',
      'host: api.example.com, subsets: [{ name: v1, labels: { version: v1 } }]',
    ),
  ),
  entry(
    'dns-subsets',
    `hosts: [api.example.com], ${http}, resolution: DNS, endpoints: [{ address: a.example.com, labels: { version: v1 } }, { address: b.example.com, labels: { version: v2 } }]`,
    destinationRule(
      'api',
      'host: api.example.com, subsets: [{ name: v1, labels: { version: v1 } }]',
    ),
  ),
  entry(
    'https-port',
    'hosts: [api.example.com], ports: [{ number: 8500, name: x, protocol: HTTPS }], resolution: DNS',
  ),
];
