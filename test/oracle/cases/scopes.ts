import type { OracleCase } from '../case.ts';
import { networking, outbound, shop, virtualService } from './outbound-base.ts';
import { appYaml, namespaceYaml } from './shared.ts';

const sidecar = (name: string, spec: string, namespace = 'shop'): string =>
  networking('Sidecar', name, spec, namespace);

const scope = (name: string, manifests: string): OracleCase =>
  outbound(`scope-${name}`, shop + manifests);

const toBilling = virtualService(
  'users',
  'hosts: [users], http: [{ route: [{ destination: { host: billing.sales.svc.cluster.local } }] }]',
);

const sidecars = [
  scope('own-namespace', sidecar('default', "egress: [{ hosts: ['./*'] }]")),
  scope('one-host', sidecar('default', "egress: [{ hosts: ['./users.shop.svc.cluster.local'] }]")),
  scope('nothing', sidecar('default', "egress: [{ hosts: ['~/*'] }]")),
  scope('excluded-host', sidecar('default', "egress: [{ hosts: ['*/*', '~sales/*'] }]")),
  scope(
    'host-of-any-namespace',
    sidecar(
      'default',
      "egress: [{ hosts: ['*/billing.sales.svc.cluster.local', 'istio-system/*'] }]",
    ),
  ),
  scope(
    'destination-of-virtual-service',
    toBilling + sidecar('default', "egress: [{ hosts: ['shop/*'] }]"),
  ),
  scope(
    'registry-only',
    sidecar(
      'default',
      "outboundTrafficPolicy: { mode: REGISTRY_ONLY }, egress: [{ hosts: ['./*'] }]",
    ),
  ),
  scope('allow-any', sidecar('default', 'outboundTrafficPolicy: { mode: ALLOW_ANY }')),
  scope(
    'selector-over-default',
    sidecar('default', "egress: [{ hosts: ['*/*'] }]") +
      sidecar(
        'front',
        "workloadSelector: { labels: { tier: front } }, egress: [{ hosts: ['./stock.shop.svc.cluster.local'] }]",
      ),
  ),
  scope(
    'selector-of-another',
    sidecar(
      'back',
      "workloadSelector: { labels: { tier: back } }, egress: [{ hosts: ['./stock.shop.svc.cluster.local'] }]",
    ),
  ),
  scope('root-namespace', sidecar('default', "egress: [{ hosts: ['./*'] }]", 'istio-system')),
  scope(
    'namespace-over-root',
    sidecar('default', "egress: [{ hosts: ['./*'] }]", 'istio-system') +
      sidecar('own', "egress: [{ hosts: ['sales/*'] }]"),
  ),
  scope(
    'port-and-rest',
    sidecar(
      'default',
      "egress: [{ port: { number: 8080, protocol: HTTP, name: web }, hosts: ['./users.shop.svc.cluster.local'] }, { hosts: ['./*', 'sales/*'] }]",
    ),
  ),
  scope(
    'port-bound',
    sidecar(
      'default',
      "egress: [{ port: { number: 8080, protocol: HTTP, name: web }, bind: 127.0.0.1, captureMode: NONE, hosts: ['./*'] }]",
    ),
  ),
  scope(
    'port-tcp',
    sidecar(
      'default',
      "egress: [{ port: { number: 8080, protocol: TCP, name: raw }, hosts: ['./users.shop.svc.cluster.local'] }]",
    ),
  ),
  scope(
    'service-not-exported',
    appYaml({ name: 'secret', namespace: 'sales' }).replace(
      'metadata: { name: secret, namespace: sales }\nspec: { selector',
      "metadata: { name: secret, namespace: sales, annotations: { networking.istio.io/exportTo: '.' } }\nspec: { selector",
    ),
  ),
];

const exportedAway = outbound(
  'scope-own-entry-exported-away',
  shop +
    networking(
      'ServiceEntry',
      'away',
      'hosts: [api.example.com], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: DNS, exportTo: [sales]',
    ) +
    virtualService(
      'users',
      'hosts: [users], http: [{ route: [{ destination: { host: api.example.com } }] }]',
    ),
);

const listeners = [
  outbound(
    'listener-protocols',
    namespaceYaml() +
      appYaml({ name: 'client' }) +
      appYaml({
        name: 'many',
        ports: `{ name: http-web, port: 80 }, { name: http2, port: 81 }, { name: grpc-web, port: 82 }, { name: https, port: 443 }, { name: tls, port: 8443 },
      { name: tcp, port: 5432 }, { name: mongo, port: 27017 }, { name: mysql, port: 3306 }, { name: redis, port: 6379 }, { name: dns, port: 53, protocol: UDP },
      { name: anything, port: 7000 }, { name: xx, port: 7001, appProtocol: grpc }, { name: yy, port: 7002, appProtocol: kubernetes.io/h2c }, { name: smtp, port: 25 }`,
      }),
  ),
  outbound(
    'listener-shared-port',
    namespaceYaml() +
      appYaml({ name: 'client' }) +
      appYaml({ name: 'a', ports: '{ name: http, port: 9000 }' }) +
      appYaml({ name: 'b', ports: '{ name: tcp, port: 9000 }' }) +
      appYaml({ name: 'c', ports: '{ name: whatever, port: 9000 }' }),
  ),
  outbound(
    'listener-named-target-port',
    namespaceYaml() +
      appYaml({ name: 'client' }) +
      appYaml({
        name: 'a',
        ports: '{ name: http, port: 80, targetPort: web }',
        containerPorts: '{ name: web, containerPort: 3000 }',
      }),
  ),
  outbound(
    'listener-headless',
    namespaceYaml() +
      appYaml({ name: 'client' }) +
      appYaml({
        name: 'db',
        replicas: 2,
        ports: '{ name: tcp, port: 5432 }, { name: http, port: 8080 }',
      }).replace('spec: { selector', 'spec: { clusterIP: None, selector'),
  ),
  outbound(
    'listener-headless-own',
    namespaceYaml() +
      appYaml({ name: 'db', replicas: 2, ports: '{ name: tcp, port: 5432 }' }).replace(
        'spec: { selector',
        'spec: { clusterIP: None, selector',
      ),
    'db.shop',
  ),
  outbound(
    'listener-external-name',
    namespaceYaml() +
      appYaml({ name: 'client' }) +
      appYaml({ name: 'users' }) +
      `
---
apiVersion: v1
kind: Service
metadata: { name: people, namespace: shop }
spec: { type: ExternalName, externalName: users.shop.svc.cluster.local, ports: [{ name: http, port: 8080 }] }
` +
      virtualService(
        'stray',
        'hosts: [users], http: [{ route: [{ destination: { host: people } }] }]',
      ),
  ),
  outbound(
    'listener-without-sidecar',
    namespaceYaml() +
      namespaceYaml('plain', 'team: x') +
      appYaml({ name: 'client' }) +
      appYaml({ name: 'legacy', namespace: 'plain' }),
  ),
  outbound(
    'listener-no-endpoints',
    namespaceYaml() +
      appYaml({ name: 'client' }) +
      `
---
apiVersion: v1
kind: Service
metadata: { name: empty, namespace: shop }
spec: { selector: { app: nobody }, ports: [{ name: http, port: 8080 }] }
`,
  ),
  outbound(
    'listener-two-services-of-one-workload',
    namespaceYaml() +
      appYaml({ name: 'client' }) +
      appYaml({ name: 'a' }) +
      `
---
apiVersion: v1
kind: Service
metadata: { name: alias, namespace: shop, labels: { x: z } }
spec: { clusterIP: 10.96.77.7, selector: { app: a }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`,
  ),
];

const tcpClient =
  namespaceYaml() +
  appYaml({ name: 'client', labels: 'tier: front' }) +
  appYaml({
    name: 'db',
    ports: '{ name: tcp, port: 5432 }, { name: tls, port: 8443 }, { name: sniffed, port: 7000 }',
  }) +
  appYaml({ name: 'spare', ports: '{ name: tcp, port: 5432 }, { name: tls, port: 8443 }' });
const tcp = (name: string, spec: string, more = ''): OracleCase =>
  outbound(`tcp-${name}`, tcpClient + virtualService('db', `hosts: [db], ${spec}`) + more);

const tcpRoutes = [
  tcp('route', 'tcp: [{ route: [{ destination: { host: spare } }] }]'),
  tcp(
    'weights',
    'tcp: [{ route: [{ destination: { host: db }, weight: 90 }, { destination: { host: spare, port: { number: 5432 } }, weight: 10 }] }]',
  ),
  tcp(
    'match-port',
    'tcp: [{ match: [{ port: 5432 }], route: [{ destination: { host: spare } }] }]',
  ),
  tcp(
    'match-subnets',
    'tcp: [{ match: [{ destinationSubnets: [10.1.0.0/16, 10.2.3.4] }], route: [{ destination: { host: spare } }] }]',
  ),
  tcp(
    'match-source',
    'tcp: [{ match: [{ sourceLabels: { tier: back } }], route: [{ destination: { host: spare } }] }]',
  ),
  outbound(
    'tcp-tls-sni',
    tcpClient +
      virtualService(
        'db',
        `hosts: [db, a.example.com, b.example.com], tls: [
          { match: [{ port: 8443, sniHosts: [b.example.com, a.example.com] }], route: [{ destination: { host: spare } }] },
          { match: [{ sniHosts: [a.example.com], sourceLabels: { tier: front } }], route: [{ destination: { host: db } }] }]`,
      ),
  ),
  tcp(
    'destination-rule',
    'tcp: [{ route: [{ destination: { host: db, subset: v1 } }] }]',
    networking(
      'DestinationRule',
      'db',
      'host: db, trafficPolicy: { connectionPool: { tcp: { idleTimeout: 10m, maxConnectionDuration: 1h } }, loadBalancer: { consistentHash: { useSourceIp: true } } }, subsets: [{ name: v1, labels: { app: db } }]',
    ),
  ),
];

/** What a sidecar reaches, and the listeners that it has for it. */
export const cases: OracleCase[] = [...sidecars, exportedAway, ...listeners, ...tcpRoutes];
