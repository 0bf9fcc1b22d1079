import type { OracleCase } from '../case.ts';
import { appYaml, namespaceYaml } from './shared.ts';

const http = '{ name: http, port: 80, targetPort: 8080 }';
const kinds = `
  ${http}, { name: grpc, port: 50051, targetPort: 50051 },
  { name: tcp-db, port: 5432, targetPort: 5432 }, { name: any, port: 9000, targetPort: 9001 }`;
const users = namespaceYaml() + appYaml({ name: 'users', ports: kinds });
const httpUsers = namespaceYaml() + appYaml({ name: 'users', ports: http, labels: 'tier: front' });

const peer = (name: string, namespace: string, spec: string): string => `
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${spec} }
`;

const rule = (text: string, namespace = 'shop'): string => `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: users, namespace: ${namespace} }
spec:
  host: users.shop.svc.cluster.local
  ${text}
`;

const sidecar = (text: string): string => `
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: users, namespace: shop }
spec:
  workloadSelector: { labels: { app: users } }
  ${text}
`;

const inbound = (name: string, manifests: string): OracleCase => ({
  name: `inbound-${name}`,
  workload: 'users.shop',
  view: 'inbound',
  manifests,
});

/** Inbound listeners and clusters: port protocols, mutual TLS and what decides it. */
export const cases: OracleCase[] = [
  inbound('permissive-by-default', users),
  inbound('strict-namespace', users + peer('default', 'shop', 'mtls: { mode: STRICT }')),
  inbound('disabled-namespace', users + peer('default', 'shop', 'mtls: { mode: DISABLE }')),
  inbound('strict-mesh', httpUsers + peer('default', 'istio-system', 'mtls: { mode: STRICT }')),
  inbound(
    'namespace-over-mesh',
    httpUsers +
      peer('default', 'istio-system', 'mtls: { mode: STRICT }') +
      peer('default', 'shop', 'mtls: { mode: PERMISSIVE }'),
  ),
  inbound(
    'unset-inherits-from-mesh',
    httpUsers +
      peer('default', 'istio-system', 'mtls: { mode: STRICT }') +
      peer('default', 'shop', 'mtls: { mode: UNSET }') +
      peer('users', 'shop', 'selector: { matchLabels: { app: users } }'),
  ),
  inbound(
    'workload-over-namespace',
    httpUsers +
      peer('default', 'shop', 'mtls: { mode: STRICT }') +
      peer('users', 'shop', 'selector: { matchLabels: { tier: front } }, mtls: { mode: DISABLE }'),
  ),
  inbound(
    'selector-of-another-workload',
    httpUsers +
      peer('orders', 'shop', 'selector: { matchLabels: { app: orders } }, mtls: { mode: STRICT }'),
  ),
  inbound(
    'selector-in-root-namespace-is-ignored',
    httpUsers +
      peer(
        'users',
        'istio-system',
        'selector: { matchLabels: { app: users } }, mtls: { mode: STRICT }',
      ),
  ),
  inbound(
    'first-by-name-of-two-namespace-policies',
    httpUsers +
      peer('b', 'shop', 'mtls: { mode: DISABLE }') +
      peer('a', 'shop', 'mtls: { mode: STRICT }'),
  ),
  inbound(
    'oldest-of-two-workload-policies',
    httpUsers +
      peer(
        'a',
        'shop',
        'selector: { matchLabels: { app: users } }, mtls: { mode: DISABLE }',
      ).replace('namespace: shop', 'namespace: shop, creationTimestamp: "2026-02-01T00:00:00Z"') +
      peer(
        'b',
        'shop',
        'selector: { matchLabels: { app: users } }, mtls: { mode: STRICT }',
      ).replace('namespace: shop', 'namespace: shop, creationTimestamp: "2026-01-01T00:00:00Z"'),
  ),
  inbound(
    'port-level',
    users +
      peer(
        'users',
        'shop',
        `selector: { matchLabels: { app: users } }, mtls: { mode: STRICT },
         portLevelMtls: { 8080: { mode: DISABLE }, 50051: { mode: PERMISSIVE }, 5432: { mode: UNSET } }`,
      ),
  ),
  inbound(
    'port-level-names-the-target-port',
    httpUsers +
      peer(
        'users',
        'shop',
        'selector: { matchLabels: { app: users } }, mtls: { mode: STRICT }, portLevelMtls: { 80: { mode: DISABLE } }',
      ),
  ),
  inbound(
    'other-protocols',
    namespaceYaml() +
      appYaml({
        name: 'users',
        ports: `{ name: https, port: 443, targetPort: 8443 }, { name: tls-x, port: 8444, targetPort: 8444 },
          { name: mongo, port: 27017, targetPort: 27017 }, { name: redis, port: 6379, targetPort: 6379 },
          { name: mysql, port: 3306, targetPort: 3306 }, { name: grpc-web, port: 8081, targetPort: 8081 },
          { name: http2, port: 8082, targetPort: 8082 }, { name: dns, port: 53, targetPort: 53, protocol: UDP }`,
      }) +
      peer('default', 'shop', 'mtls: { mode: STRICT }'),
  ),
  inbound(
    'app-protocol-over-name',
    namespaceYaml() +
      appYaml({
        name: 'users',
        ports: `{ name: tcp-a, port: 81, targetPort: 8081, appProtocol: http },
          { name: http-b, port: 82, targetPort: 8082, appProtocol: tcp },
          { name: web, port: 83, targetPort: 8083, appProtocol: kubernetes.io/h2c }`,
      }) +
      peer('default', 'shop', 'mtls: { mode: STRICT }'),
  ),
  inbound(
    'named-target-port',
    namespaceYaml() +
      appYaml({
        name: 'users',
        ports: '{ name: http, port: 80, targetPort: web }',
        containerPorts: '{ name: web, containerPort: 3000 }',
      }),
  ),
  inbound(
    'two-services-on-one-port',
    `${httpUsers}
---
apiVersion: v1
kind: Service
metadata: { name: another, namespace: shop }
spec: { selector: { app: users }, ports: [{ name: grpc, port: 81, targetPort: 8080 }] }
`,
  ),
  inbound(
    'no-service',
    `${namespaceYaml()}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: users, namespace: shop }
spec:
  selector: { matchLabels: { app: users } }
  template:
    metadata: { labels: { app: users } }
    spec: { containers: [{ name: app, image: 'example/app:1' }] }
`,
  ),
  inbound(
    'headless',
    httpUsers.replace(
      'spec: { selector: { app: users }',
      'spec: { clusterIP: None, selector: { app: users }',
    ),
  ),
  inbound(
    'connection-pool-of-destination-rule',
    users +
      rule(`trafficPolicy:
    retryBudget: { percent: 25, minRetryConcurrency: 5 }
    outlierDetection: { consecutive5xxErrors: 3 }
    loadBalancer: { simple: RANDOM }
    connectionPool:
      tcp: { maxConnections: 7, connectTimeout: 250ms, idleTimeout: 9s, maxConnectionDuration: 1h, tcpKeepalive: { time: 30s, interval: 5s, probes: 3 } }
      http: { http1MaxPendingRequests: 5, http2MaxRequests: 6, maxRequestsPerConnection: 10, maxRetries: 4, idleTimeout: 30s, maxConcurrentStreams: 11, h2UpgradePolicy: UPGRADE }
    portLevelSettings:
    - { port: { number: 9000 }, connectionPool: { tcp: { maxConnections: 1 } } }`),
  ),
  inbound(
    'connection-pool-client-protocol',
    httpUsers + rule('trafficPolicy: { connectionPool: { http: { useClientProtocol: true } } }'),
  ),
  inbound(
    'destination-rule-of-another-namespace-is-not-seen',
    httpUsers +
      rule(
        'exportTo: ["."]\n  trafficPolicy: { connectionPool: { tcp: { maxConnections: 7 } } }',
        'other',
      ),
  ),
  inbound(
    'destination-rule-outside-the-sidecar-scope',
    httpUsers +
      sidecar('egress: [{ hosts: ["istio-system/*"] }]') +
      rule('trafficPolicy: { connectionPool: { tcp: { maxConnections: 7 } } }'),
  ),
  inbound(
    'destination-rule-with-selector-is-ignored',
    httpUsers +
      rule(
        'workloadSelector: { matchLabels: { app: users } }\n  trafficPolicy: { connectionPool: { tcp: { maxConnections: 7 } } }',
      ),
  ),
  inbound(
    'sidecar-inbound-connection-pool',
    httpUsers +
      sidecar('inboundConnectionPool: { tcp: { maxConnections: 3 } }') +
      rule('trafficPolicy: { connectionPool: { http: { http2MaxRequests: 7 } } }'),
  ),
  inbound(
    'sidecar-ingress',
    httpUsers +
      peer('default', 'shop', 'mtls: { mode: STRICT }') +
      sidecar(`ingress:
  - { port: { number: 8080, protocol: HTTP, name: http }, defaultEndpoint: "127.0.0.1:9080", connectionPool: { http: { http2MaxRequests: 2 } } }
  - { port: { number: 9443, protocol: TCP, name: tcp } }
  - { port: { number: 9444, protocol: GRPC, name: grpc }, bind: 10.1.2.3, defaultEndpoint: "127.0.0.1:9445" }`),
  ),
];
