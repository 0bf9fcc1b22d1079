import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { envoyFilter } from './envoy-filter.ts';
import { gateway } from './gateway.ts';
import { checkValue, type Schema } from './schema.ts';
import { authorizationPolicy, peerAuthentication, requestAuthentication } from './security.ts';
import { sidecar } from './sidecar.ts';

/** `PATH: REASON` of everything that is reported of a spec, in YAML. */
function problemsOf(schema: Schema, spec: string): string[] {
  const problems: string[] = [];
  const report = (path: string, reason: string): void => {
    problems.push(`${path}: ${reason}`);
  };
  checkValue(schema, parse(spec), 'spec', { unsupported: report, invalid: report });
  return problems;
}

describe('AuthorizationPolicy', () => {
  test('a policy with every translated field has no problem', () => {
    const spec = `{ selector: { matchLabels: { app: users } }, action: DENY, rules: [{
      from: [{ source: { principals: [a], ipBlocks: [10.0.0.0/8, "::1"] } }, { source: { notServiceAccounts: [b] } }],
      to: [{ operation: { hosts: [a], notPorts: ["80"], paths: ["/{*}"] } }],
      when: [{ key: "request.headers[x-a]", values: [b] }, { key: source.ip, notValues: [10.0.0.1] }] }] }`;
    expect(problemsOf(authorizationPolicy, spec)).toEqual([]);
  });

  test.each([
    [
      'an unknown field',
      '{ rules: [{ to: [{ operation: { verbs: [GET] } }] }] }',
      /^spec\.rules\[0\]\.to\[0\]\.operation\.verbs: is no field/,
    ],
    [
      'a word in place of a list',
      '{ rules: [{ to: [{ operation: { methods: GET } }] }] }',
      /methods: must be a list, not "GET"$/,
    ],
    [
      'a number in place of a string',
      '{ rules: [{ to: [{ operation: { ports: [8080] } }] }] }',
      /ports\[0\]: must be a string, not 8080$/,
    ],
    [
      'CUSTOM',
      '{ action: CUSTOM, rules: [{}] }',
      /^spec\.action: CUSTOM: external authorizers are part of/,
    ],
    ['an unknown action', '{ action: PERMIT }', /must be one of ALLOW, DENY, AUDIT, not "PERMIT"$/],
    [
      'targetRefs',
      '{ targetRefs: [{ kind: Gateway, name: a }] }',
      /^spec\.targetRefs: it is for waypoints/,
    ],
    ['a denial without rules', '{ action: DENY }', /^spec\.rules: a DENY policy needs rules/],
    [
      'a bad CIDR',
      '{ rules: [{ from: [{ source: { ipBlocks: [10.0.0.0/33] } }] }] }',
      /ipBlocks\[0\]: must be an address or CIDR, not "10\.0\.0\.0\/33"$/,
    ],
    [
      'a bad port',
      '{ rules: [{ to: [{ operation: { ports: ["http"] } }] }] }',
      /ports\[0\]: must be a port, not "http"$/,
    ],
    [
      'an unknown condition',
      '{ rules: [{ when: [{ key: source.user, values: [a] }] }] }',
      /when\[0\]\.key: the condition source\.user is not translated$/,
    ],
  ])('%s is a problem that names its field', (_name, spec, message) => {
    expect(problemsOf(authorizationPolicy, spec)).toEqual([expect.stringMatching(message)]);
  });
});

describe('authentication', () => {
  test('a port-level mode without selector is refused, as Istio does', () => {
    expect(problemsOf(peerAuthentication, '{ portLevelMtls: { 80: { mode: STRICT } } }')).toEqual([
      expect.stringMatching(/^spec\.portLevelMtls: needs a selector/),
    ]);
  });

  test('a mode that is none is a problem', () => {
    expect(problemsOf(peerAuthentication, '{ mtls: { mode: MUTUAL } }')).toEqual([
      'spec.mtls.mode: must be one of UNSET, DISABLE, PERMISSIVE, STRICT, not "MUTUAL"',
    ]);
  });

  test('keys must be inline', () => {
    expect(
      problemsOf(requestAuthentication, '{ jwtRules: [{ issuer: a, jwksUri: "https://a/keys" }] }'),
    ).toEqual([
      expect.stringMatching(
        /^spec\.jwtRules\[0\]\.jwksUri: the control plane would have to fetch keys/,
      ),
    ]);
    expect(problemsOf(requestAuthentication, '{ jwtRules: [{ issuer: a }] }')).toEqual([
      'spec.jwtRules[0].jwks: is missing: the keys must be given inline',
    ]);
  });
});

describe('Gateway, EnvoyFilter and Sidecar', () => {
  test('TLS at a gateway is refused by each of its fields', () => {
    const server =
      '{ port: { number: 443, name: https, protocol: HTTPS }, hosts: ["*"], tls: { mode: SIMPLE, credentialName: a } }';
    expect(
      problemsOf(gateway, `{ selector: { istio: ingressgateway }, servers: [${server}] }`),
    ).toEqual([
      'spec.servers[0].tls.mode: gateways end no TLS here; only httpsRedirect is translated',
      'spec.servers[0].tls.credentialName: gateways end no TLS here; only httpsRedirect is translated',
      'spec.servers[0].port.protocol: servers of protocol HTTPS are not translated',
    ]);
  });

  test.each([
    [
      'LISTENER',
      'MERGE',
      '{}',
      'spec.configPatches[0].applyTo: patches of LISTENER are not translated',
    ],
    [
      'CLUSTER',
      'REPLACE',
      '{}',
      'spec.configPatches[0].patch.operation: REPLACE of CLUSTER is not translated',
    ],
    [
      'HTTP_ROUTE',
      'MERGE',
      '{ rote: {} }',
      'spec.configPatches[0].patch.value.rote: envoy.config.route.v3.Route has no such field',
    ],
    [
      'CLUSTER',
      'MERGE',
      '{ lb_policy: FASTEST }',
      'spec.configPatches[0].patch.value.lb_policy: has no value "FASTEST"',
    ],
    [
      'ROUTE_CONFIGURATION',
      'MERGE',
      '{ max_direct_response_body_size_bytes: 9 }',
      'spec.configPatches[0].patch.value.maxDirectResponseBodySizeBytes: Istio writes it over a value that all routes share: which ones have it is chance',
    ],
    [
      'HTTP_FILTER',
      'ADD',
      '{ name: a, typed_config: { "@type": type.googleapis.com/a.B } }',
      "spec.configPatches[0].patch.value: Envoy's API has no message a.B",
    ],
  ])('EnvoyFilter: %s %s %s', (applyTo, operation, value, problem) => {
    const patch = `{ applyTo: ${applyTo}, patch: { operation: ${operation}, value: ${value} } }`;
    expect(problemsOf(envoyFilter, `{ configPatches: [${patch}] }`)).toEqual([problem]);
  });

  test('an ingress listener of a Sidecar leads to a port of the workload itself', () => {
    const ingress = (endpoint: string): string =>
      `{ ingress: [{ port: { number: 80, protocol: HTTP, name: http }, defaultEndpoint: "${endpoint}" }] }`;
    expect(problemsOf(sidecar, ingress('127.0.0.1:8080'))).toEqual([]);
    expect(problemsOf(sidecar, ingress('unix:///tmp/app.sock'))).toEqual([
      'spec.ingress[0].defaultEndpoint: unix:///tmp/app.sock: only ports of 127.0.0.1 are translated',
    ]);
  });
});
