import type { OracleCase } from '../case.ts';
import { appYaml, namespaceYaml } from './shared.ts';

const ports =
  '{ name: http, port: 8080, targetPort: 8080 }, { name: tcp-db, port: 5432, targetPort: 5432 }';
// STRICT leaves one chain a port, so that fixtures stay small.
const strict = `
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
`;
const users =
  namespaceYaml() + appYaml({ name: 'users', ports, labels: 'version: v1, tier: front' }) + strict;

interface Policy {
  name?: string;
  namespace?: string;
  annotations?: string;
}

const policy = (
  spec: string,
  { name = 'users', namespace = 'shop', annotations = '' }: Policy = {},
): string => `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: ${namespace}, annotations: { ${annotations} } }
spec: ${spec === '' ? '{}' : `\n  ${spec.trim().replaceAll('\n', '\n  ')}`}
`;

const jwt = (spec: string, namespace = 'shop'): string => `
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: ${namespace} }
spec:
  ${spec}
`;

const authorization = (name: string, ...policies: string[]): OracleCase => ({
  name: `authorization-${name}`,
  workload: 'users.shop',
  view: 'inbound',
  manifests: users + policies.join(''),
});

/** One rule, allowed, by the given parts. */
const rule = (name: string, text: string, action = 'ALLOW'): OracleCase =>
  authorization(
    name,
    policy(`action: ${action}\nrules:\n- ${text.trim().replaceAll('\n', '\n  ')}`),
  );

/** AuthorizationPolicy: each field of a rule, which policies apply, and how they combine. */
export const cases: OracleCase[] = [
  authorization('empty-spec-denies-all', policy('')),
  authorization('one-empty-rule-allows-all', policy('rules: [{}]')),
  authorization(
    'no-policy-of-another-workload',
    policy('selector: { matchLabels: { app: orders } }'),
  ),
  authorization(
    'selector-of-two-labels',
    policy('selector: { matchLabels: { app: users, tier: front } }\nrules: [{}]'),
  ),
  authorization(
    'root-namespace-and-own',
    policy('', { namespace: 'istio-system', name: 'deny-all' }),
    policy('rules: [{}]'),
  ),
  authorization(
    'root-namespace-with-selector',
    policy('selector: { matchLabels: { app: users } }', { namespace: 'istio-system', name: 'a' }),
    policy('selector: { matchLabels: { app: orders } }\nrules: [{}]', {
      namespace: 'istio-system',
      name: 'b',
    }),
  ),
  authorization('other-namespace-is-ignored', policy('', { namespace: 'default' })),
  authorization(
    'allow-and-deny-and-audit',
    policy('rules: [{ to: [{ operation: { methods: [GET] } }] }]', { name: 'allow' }),
    policy('action: DENY\nrules: [{ to: [{ operation: { paths: [/admin*] } }] }]', {
      name: 'deny',
    }),
    policy('action: AUDIT\nrules: [{ to: [{ operation: { methods: [POST] } }] }]', {
      name: 'audit',
    }),
  ),
  authorization(
    'two-policies-of-several-rules',
    policy(
      'rules: [{ to: [{ operation: { methods: [GET] } }] }, { to: [{ operation: { methods: [PUT] } }] }]',
      { name: 'one' },
    ),
    policy('rules: [{ from: [{ source: { namespaces: [ops] } }] }]', { name: 'two' }),
  ),
  authorization(
    'dry-run',
    policy('rules: [{ to: [{ operation: { methods: [GET] } }] }]', { name: 'enforced' }),
    policy('rules: [{ to: [{ operation: { methods: [PUT] } }] }]', {
      name: 'shadow',
      annotations: '"istio.io/dry-run": "true"',
    }),
    policy('action: DENY\nrules: [{ to: [{ operation: { methods: [DELETE] } }] }]', {
      name: 'shadow-deny',
      annotations: '"istio.io/dry-run": "true"',
    }),
  ),
  rule(
    'principals',
    `from: [{ source: { principals: [cluster.local/ns/shop/sa/orders, "cluster.local/ns/ops/*", "*/sa/admin", "*"] } }]`,
  ),
  rule(
    'not-principals',
    `from: [{ source: { notPrincipals: [cluster.local/ns/shop/sa/orders], principals: ["*"] } }]`,
  ),
  rule('namespaces', `from: [{ source: { namespaces: [shop, "team-*", "*-ops", "a*b"] } }]`),
  rule('not-namespaces', `from: [{ source: { notNamespaces: [shop] } }]`),
  rule('service-accounts', `from: [{ source: { serviceAccounts: [orders, ops/admin.v1] } }]`),
  rule('not-service-accounts', `from: [{ source: { notServiceAccounts: [orders] } }]`),
  rule(
    'ip-blocks',
    `from: [{ source: { ipBlocks: [10.1.2.3, 10.0.0.0/8], notIpBlocks: [10.9.0.0/16] } }]`,
  ),
  rule(
    'remote-ip-blocks',
    `from: [{ source: { remoteIpBlocks: [192.0.2.7, 192.0.2.0/24], notRemoteIpBlocks: ["2001:db8::/32"] } }]`,
  ),
  rule(
    'hosts',
    `to: [{ operation: { hosts: [users.shop.svc.cluster.local, "*.example.com", "users.*", "*"], notHosts: [admin.example.com] } }]`,
  ),
  rule('methods', `to: [{ operation: { methods: [GET, HEAD], notMethods: [TRACE] } }]`),
  rule(
    'paths',
    `to: [{ operation: { paths: [/users, /users/*, "*/info", "*"], notPaths: [/users/secret] } }]`,
  ),
  rule(
    'path-templates',
    `to: [{ operation: { paths: ["/users/{*}", "/users/{*}/orders/{**}"] } }]`,
  ),
  rule('ports', `to: [{ operation: { ports: ["8080", "5432"], notPorts: ["9090"] } }]`),
  rule(
    'grpc-methods',
    `to: [{ operation: { paths: [/shop.inventory.v1.Inventory/Reserve], methods: [POST] } }]`,
  ),
  rule(
    'several-sources-and-operations',
    `from:
- source: { principals: [cluster.local/ns/shop/sa/orders], namespaces: [shop] }
- source: { ipBlocks: [10.0.0.0/8] }
to:
- operation: { methods: [GET], paths: [/users/*], hosts: [users], ports: ["8080"] }
- operation: { methods: [POST] }`,
  ),
  rule(
    'when-headers',
    `when:
- { key: "request.headers[x-team]", values: [red, "blue*", "*green", "*"] }
- { key: "request.headers[x-test]", notValues: ["yes"] }`,
  ),
  rule(
    'when-source',
    `when:
- { key: source.ip, values: [10.0.0.0/8], notValues: [10.1.0.0/16] }
- { key: remote.ip, values: [192.0.2.1] }
- { key: source.namespace, values: [shop] }
- { key: source.principal, values: ["cluster.local/ns/shop/sa/*"] }
- { key: source.serviceAccount, values: [shop/orders] }
- { key: source.trustDomain, values: [cluster.local, "*.example.com", "*"] }`,
  ),
  rule(
    'when-destination',
    `when:
- { key: destination.ip, values: [10.0.0.1, 10.2.0.0/16] }
- { key: destination.port, values: ["8080"], notValues: ["9090"] }
- { key: connection.sni, values: [users.example.com, "*.example.com"] }`,
  ),
  rule(
    'when-joins-sources-and-operations',
    `from: [{ source: { principals: ["*"] } }, { source: { namespaces: [ops] } }]
to: [{ operation: { methods: [GET] } }, { operation: { ports: ["8080"] } }]
when:
- { key: "request.headers[x-a]", values: ["1"] }
- { key: destination.port, values: ["8080"] }`,
  ),
  rule('http-fields-on-tcp-allow', `to: [{ operation: { ports: ["5432"], methods: [GET] } }]`),
  rule(
    'http-fields-on-tcp-deny',
    `to: [{ operation: { ports: ["5432"], methods: [GET] } }]`,
    'DENY',
  ),
  rule('http-only-deny-on-tcp', `to: [{ operation: { paths: [/admin] } }]`, 'DENY'),
  rule('deny-without-identity', `from: [{ source: { notPrincipals: ["*"] } }]`, 'DENY'),
  rule(
    'deny-unless-header',
    `from: [{ source: { notNamespaces: [ops] } }]\nwhen: [{ key: "request.headers[x-a]", notValues: ["*"] }]`,
    'DENY',
  ),
  rule(
    'quoted-regex',
    `from: [{ source: { namespaces: ["a.b"], principals: ["*/ns/a.b/sa/x"] } }]`,
  ),
  rule(
    'request-principals',
    `from: [{ source: { requestPrincipals: ["https://issuer.example.com/alice", "*", "*/bob", "*carol", "https://issuer.example.com/*", "https://x/d*", "open*"], notRequestPrincipals: ["https://issuer.example.com/mallory"] } }]`,
  ),
  rule(
    'when-token',
    `when:
- { key: request.auth.principal, values: ["https://issuer.example.com/alice"] }
- { key: request.auth.audiences, values: [shop, "shop-*"] }
- { key: request.auth.presenter, values: [web], notValues: [mobile] }
- { key: "request.auth.claims[groups]", values: [admins, ops] }
- { key: "request.auth.claims[realm][role]", notValues: [guest] }`,
  ),
  rule(
    'when-filter-metadata',
    `when:
- { key: "experimental.envoy.filters.network.mysql_proxy[db.table]", values: ["[update]", insert], notValues: ["[drop]"] }`,
  ),
  rule('deny-without-token', `from: [{ source: { notRequestPrincipals: ["*"] } }]`, 'DENY'),
  authorization(
    'one-token-issuer',
    jwt(`selector: { matchLabels: { app: users } }
  jwtRules: [{ issuer: "https://issuer.example.com", jwks: '{"keys":[]}' }]`),
    policy('rules: [{ from: [{ source: { requestPrincipals: ["*"] } }] }]'),
  ),
  authorization(
    'two-token-issuers',
    jwt(`jwtRules:
  - { issuer: z.example.com, jwks: '{"keys":[]}', audiences: [shop], forwardOriginalToken: true, outputPayloadToHeader: x-payload, fromHeaders: [{ name: x-jwt, prefix: "JWT " }, { name: x-raw }], fromParams: [token], fromCookies: [session], spaceDelimitedClaims: [roles] }
  - { issuer: a.example.com, jwks: '{"keys":[]}', outputClaimToHeaders: [{ header: x-sub, claim: sub }] }`),
  ),
  authorization(
    'token-issuer-of-the-root-namespace',
    jwt(
      `jwtRules: [{ issuer: "https://issuer.example.com", jwks: '{"keys":[]}' }]`,
      'istio-system',
    ),
    jwt(`selector: { matchLabels: { app: orders } }
  jwtRules: [{ issuer: "https://other.example.com", jwks: '{"keys":[]}' }]`),
  ),
  authorization(
    'one-issuer-of-two-namespaces',
    jwt(
      `jwtRules: [{ issuer: z.example.com, jwks: '{"keys":[]}', audiences: [root] }]`,
      'istio-system',
    ),
    jwt(`jwtRules: [{ issuer: z.example.com, jwks: '{"keys":[]}', audiences: [own] }]`),
  ),
];
