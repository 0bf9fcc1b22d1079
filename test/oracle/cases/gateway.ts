import type { OracleCase } from '../case.ts';
import { appYaml, namespaceYaml } from './shared.ts';

const apps = namespaceYaml() + appYaml({ name: 'front' }) + appYaml({ name: 'users' });

const gateway = (spec: string, { name = 'web', namespace = 'shop' } = {}): string => `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  selector: { istio: ingressgateway }
  ${spec}
`;

const http = (hosts: string, port = 80, more = ''): string =>
  `servers: [{ port: { number: ${port}, name: http-${port}, protocol: HTTP }, hosts: [${hosts}]${more} }]`;

const service = (spec: string, { name = 'front', namespace = 'shop' } = {}): string => `
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${spec} }
`;

const toFront = 'http: [{ route: [{ destination: { host: front } }] }]';

const ingress = (name: string, ...manifests: string[]): OracleCase => ({
  name: `gateway-${name}`,
  workload: 'istio-ingressgateway.istio-system',
  gateway: true,
  manifests: apps + manifests.join(''),
});

/** Istio's ingress gateway: HTTP servers, hosts, and the VirtualServices that are bound to them. */
export const cases: OracleCase[] = [
  ingress('nothing-routed', gateway(http('"*"'))),
  ingress(
    'one-host',
    gateway(http('shop.example.com')),
    service(`hosts: [shop.example.com], gateways: [web], ${toFront}`),
  ),
  ingress(
    'any-host',
    gateway(http('"*"')),
    service(`hosts: ["*"], gateways: [shop/web], ${toFront}`),
  ),
  ingress(
    'wildcards-meet-names',
    gateway(http('"*.example.com", api.example.org')),
    service(
      `hosts: [a.example.com, b.example.com, "*.example.org", other.net], gateways: [web], ${toFront}`,
    ),
  ),
  ingress(
    'hosts-of-namespaces',
    gateway(http('"./own.example.com", "ops/theirs.example.com", "*/any.example.com"')),
    service(`hosts: ["*"], gateways: [web], ${toFront}`),
    service(
      `hosts: ["*"], gateways: [shop/web], http: [{ route: [{ destination: { host: users.shop.svc.cluster.local } }] }]`,
      {
        namespace: 'ops',
      },
    ),
  ),
  ingress(
    'two-services-on-one-host',
    gateway(http('shop.example.com')),
    service(`hosts: [shop.example.com], gateways: [web], ${toFront}`, { name: 'a' }),
    service(
      'hosts: [shop.example.com], gateways: [web], http: [{ match: [{ uri: { prefix: /users } }], route: [{ destination: { host: users } }] }]',
      { name: 'b' },
    ),
  ),
  ingress(
    'two-gateways-on-one-port',
    gateway(http('a.example.com'), { name: 'one' }),
    gateway(http('b.example.com'), { name: 'two' }),
    service(`hosts: [a.example.com, b.example.com], gateways: [one, two], ${toFront}`),
  ),
  ingress(
    'two-ports',
    gateway(`servers:
  - { port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }
  - { port: { number: 8080, name: http-alt, protocol: HTTP2 }, hosts: ["*"] }
  - { port: { number: 50051, name: grpc, protocol: GRPC }, hosts: ["*"] }`),
    service(
      `hosts: ["*"], gateways: [web], http: [{ match: [{ port: 8080 }], route: [{ destination: { host: users } }] }, { route: [{ destination: { host: front } }] }]`,
    ),
  ),
  ingress(
    'https-redirect',
    gateway(http('shop.example.com, bare.example.com', 80, ', tls: { httpsRedirect: true }')),
    service(`hosts: [shop.example.com], gateways: [web], ${toFront}`),
  ),
  ingress(
    'match-by-gateway',
    gateway(http('"*"')),
    service(`hosts: [front.shop.svc.cluster.local], gateways: [mesh, web], http: [
      { match: [{ gateways: [mesh] }], route: [{ destination: { host: users } }] },
      { match: [{ gateways: [web], uri: { prefix: /a } }], route: [{ destination: { host: front } }] },
      { route: [{ destination: { host: front, port: { number: 8080 } } }] }]`),
  ),
  ingress(
    'mesh-only-service-is-left-out',
    gateway(http('"*"')),
    service(`hosts: [front.shop.svc.cluster.local], ${toFront}`),
  ),
  ingress(
    'exported-elsewhere',
    gateway(http('"*"')),
    service(`hosts: [a.example.com], gateways: [web], exportTo: ["."], ${toFront}`, { name: 'a' }),
    service(`hosts: [b.example.com], gateways: [web], exportTo: [istio-system], ${toFront}`, {
      name: 'b',
    }),
  ),
  ingress(
    'retry-timeout-headers-fault',
    gateway(http('"*"')),
    service(`hosts: ["*"], gateways: [web], http: [{
      route: [{ destination: { host: front }, weight: 90 }, { destination: { host: users }, weight: 10 }],
      retries: { attempts: 3, perTryTimeout: 2s, retryOn: "5xx,reset" }, timeout: 10s,
      headers: { request: { set: { x-edge: "1" } } },
      fault: { abort: { httpStatus: 503, percentage: { value: 10 } } } }]`),
  ),
  ingress(
    'another-selector',
    gateway(http('"*"')),
    gateway(http('other.example.com'))
      .replace('istio: ingressgateway', 'istio: egressgateway')
      .replace('name: web', 'name: other'),
    service(`hosts: ["*"], gateways: [web, other], ${toFront}`),
  ),
  ingress(
    'authorization',
    gateway(http('"*"')),
    service(`hosts: ["*"], gateways: [web], ${toFront}`),
    `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: edge, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  action: DENY
  rules:
  - from: [{ source: { notRemoteIpBlocks: [192.0.2.0/24], notIpBlocks: [10.0.0.0/8] } }]
    to: [{ operation: { hosts: [shop.example.com], paths: [/admin/*] } }]
`,
  ),
  ingress(
    'token',
    gateway(http('"*"')),
    service(`hosts: ["*"], gateways: [web], ${toFront}`),
    `
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  jwtRules: [{ issuer: "https://issuer.example.com", jwks: '{"keys":[]}' }]
`,
  ),
  ingress(
    'tcp',
    gateway(`servers:
  - { port: { number: 31400, name: tcp, protocol: TCP }, hosts: ["*"] }
  - { port: { number: 31401, name: tcp-unrouted, protocol: TCP }, hosts: [unrouted.example.com] }
  - { port: { number: 27017, name: mongo, protocol: MONGO }, hosts: ["*"] }`),
    service(`hosts: [tcp.example.com], gateways: [web], tcp: [
      { match: [{ port: 31400 }], route: [{ destination: { host: front, port: { number: 8080 } }, weight: 80 }, { destination: { host: users, port: { number: 8080 } }, weight: 20 }] },
      { match: [{ port: 27017, gateways: [web] }], route: [{ destination: { host: users, port: { number: 8080 } } }] }]`),
    `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: edge, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  rules: [{ from: [{ source: { ipBlocks: [10.0.0.0/8] } }] }]
`,
  ),
  ingress(
    'tcp-and-http-on-one-port',
    gateway(`servers:
  - { port: { number: 80, name: http, protocol: HTTP }, hosts: [a.example.com] }
  - { port: { number: 80, name: tcp, protocol: TCP }, hosts: ["*"] }`),
    service(
      `hosts: [a.example.com], gateways: [web], ${toFront}, tcp: [{ route: [{ destination: { host: users } }] }]`,
    ),
  ),
  {
    name: 'gateway-own-workload-and-service',
    workload: 'edge.shop',
    gateway: true,
    manifests:
      apps +
      appYaml({
        name: 'edge',
        ports: '{ name: http, port: 80, targetPort: 8080 }',
        labels: 'istio: edge',
      }) +
      gateway(http('"*"')).replace('istio: ingressgateway', 'istio: edge') +
      service(`hosts: ["*"], gateways: [web], ${toFront}`),
  },
];
