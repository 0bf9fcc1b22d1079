import { describe, expect, it } from 'vitest';
import { WindtunnelError } from '../errors.ts';
import { buildWorld } from '../manifests/build-world.ts';
import { parseResources } from '../manifests/load.ts';
import { checkSupported } from './check-supported.ts';

const istio = (kind: string, spec: string, group = 'networking'): string => `
apiVersion: ${group}.istio.io/v1
kind: ${kind}
metadata: { name: it, namespace: shop }
spec: ${spec}
`;

const check = (yaml: string): WindtunnelError | undefined => {
  try {
    checkSupported(buildWorld(parseResources(yaml, 'it.yaml')));
    return undefined;
  } catch (error) {
    if (error instanceof WindtunnelError) return error;
    throw error;
  }
};

const rule = (policy: string): string =>
  istio('DestinationRule', `{ host: users, trafficPolicy: { ${policy} } }`);
const route = (fields: string): string =>
  istio(
    'VirtualService',
    `{ hosts: [users], http: [{ route: [{ destination: { host: users } }], ${fields} }] }`,
  );

describe('checkSupported', () => {
  it('lets pass what is translated', () => {
    expect(
      check(route('timeout: 1m, retries: { attempts: 2, retryOn: "5xx,503" }')),
    ).toBeUndefined();
    expect(check(rule('loadBalancer: { simple: RANDOM }'))).toBeUndefined();
  });

  it.each([
    ['tunnel', rule('tunnel: {}'), 'spec.trafficPolicy.tunnel is not translated'],
    [
      'locality',
      rule(
        'portLevelSettings: [{ port: { number: 80 }, loadBalancer: { localityLbSetting: {} } }]',
      ),
      'spec.trafficPolicy.portLevelSettings[0].loadBalancer.localityLbSetting is not translated',
    ],
    [
      'credentialName',
      rule('tls: { mode: SIMPLE, credentialName: x }'),
      'spec.trafficPolicy.tls.credentialName',
    ],
    [
      'claims',
      route('match: [{ headers: { "@request.auth.claims.sub": { exact: a } } }]'),
      'spec.http[0].match[0].headers.@request.auth.claims.sub is not translated',
    ],
    [
      'resolution',
      istio(
        'ServiceEntry',
        '{ hosts: ["*.a.b"], ports: [{ number: 80, name: http }], resolution: DYNAMIC_DNS }',
      ),
      'spec.resolution is not translated: DYNAMIC_DNS',
    ],
    [
      'a kind',
      istio('WasmPlugin', '{}', 'extensions'),
      'is not translated: WebAssembly is not run',
    ],
    [
      'an unknown kind',
      istio('Unheard', '{}'),
      'the kind Unheard of networking.istio.io is not known',
    ],
  ])('refuses what has no translation: %s', (_, yaml, message) => {
    const error = check(yaml);
    expect(error?.code).toBe('unsupported');
    expect(error?.message).toContain('it.yaml:2: ');
    expect(error?.message).toContain(message);
  });

  it.each([
    ['an unknown field', route('timeOut: 1s'), "spec.http[0].timeOut is no field of Istio's API"],
    [
      'a type',
      rule('connectionPool: { tcp: { maxConnections: "5" } }'),
      'must be a whole number, not "5"',
    ],
    ['a duration', route('timeout: 5'), 'spec.http[0].timeout must be a duration such as'],
    ['a duration too short', route('timeout: 0s'), 'must be at least 1ms, not "0s"'],
    ['a word', rule('loadBalancer: { simple: FASTEST }'), 'must be one of UNSPECIFIED, LEAST_CONN'],
    [
      'a retry condition',
      route('retries: { attempts: 1, retryOn: "5xx, reset" }'),
      'has no condition " reset"',
    ],
    ['two matches', route('match: [{ uri: { exact: /a, prefix: /b } }]'), 'has exact and prefix'],
    ['two actions', route('redirect: { uri: /a }'), 'has route and redirect'],
    [
      'a percentage',
      route('fault: { abort: { httpStatus: 500, percentage: { value: 101 } } }'),
      'must be from 0 to 100',
    ],
    [
      'a field outside spec',
      `${istio('Sidecar', '{}')}egress: []`,
      ' egress is no field of the resource',
    ],
  ])('reports what Istio would refuse: %s', (_, yaml, message) => {
    const error = check(yaml);
    expect(error?.code).toBe('bad-manifest');
    expect(error?.message).toContain(message);
  });

  it('lists every finding of every resource', () => {
    const lines = check(
      `${rule('tunnel: {}, proxyProtocol: {}')}---\n${istio('ProxyConfig', '{}')}`,
    )?.message.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines?.[2]).toMatch(/^it\.yaml:8: ProxyConfig shop\/it: is not translated/);
  });

  it('refuses a host that two resources of a namespace declare', () => {
    const entry = (name: string): string =>
      istio(
        'ServiceEntry',
        '{ hosts: [a.example.com], ports: [{ number: 80, name: http }] }',
      ).replace('name: it', `name: ${name}`);
    const error = check(`${entry('one')}---${entry('two')}`);
    expect(error?.message).toContain(
      'ServiceEntry shop/two: spec.hosts is not translated: a.example.com is a host of ServiceEntry shop/one, too',
    );
  });

  const service = (spec: string, annotations = '{}'): string =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: users, namespace: shop, annotations: ${annotations} }\nspec: ${spec}\n`;
  const ports = 'ports: [{ name: http, port: 80 }]';

  it('refuses a machine that a Service selects', () => {
    const machine = istio('WorkloadEntry', '{ address: 192.0.2.1, labels: { app: users } }');
    const error = check(`${service(`{ selector: { app: users }, ${ports} }`)}---${machine}`);
    expect(error?.code).toBe('unsupported');
    expect(error?.message).toContain(
      'spec.labels is not translated: Service shop/users selects it',
    );
    expect(
      check(`${service(`{ selector: { app: other }, ${ports} }`)}---${machine}`),
    ).toBeUndefined();
  });

  it('refuses a destination that is exported to no namespace', () => {
    const hidden = service(`{ ${ports} }`, '{ networking.istio.io/exportTo: "~" }');
    const error = check(`${hidden}---${route('')}`);
    expect(error?.code).toBe('unsupported');
    expect(error?.message).toContain(
      'spec.http[0].route is not translated: users.shop.svc.cluster.local',
    );
    expect(check(hidden)).toBeUndefined();
  });

  it('refuses to export a rule for some workloads, and a dry run of an audit', () => {
    const selective = istio(
      'DestinationRule',
      '{ host: users, workloadSelector: { matchLabels: { app: a } }, exportTo: ["*"] }',
    );
    expect(check(selective)?.message).toContain('spec.exportTo must be the own namespace');
    const audit = istio(
      'AuthorizationPolicy',
      '{ action: AUDIT, rules: [{}] }',
      'security',
    ).replace('name: it', 'name: it, annotations: { istio.io/dry-run: "true" }');
    expect(check(audit)?.message).toContain('istio.io/dry-run is for the actions ALLOW and DENY');
  });

  it('refuses pods that redirect around their sidecar', () => {
    const error = check(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: a }
spec:
  template:
    metadata: { annotations: { traffic.sidecar.istio.io/excludeOutboundPorts: "5432" } }
`);
    expect(error?.message).toContain(
      'spec.template.metadata.annotations.traffic.sidecar.istio.io/excludeOutboundPorts',
    );
  });

  it('takes settings of a proxy that change no request, and judges the variables of its agent one by one', () => {
    const error = check(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: a }
spec:
  template:
    metadata:
      annotations:
        proxy.istio.io/config: >-
          {proxyStatsMatcher: {inclusionRegexps: [".*"]},
           proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true", ISTIO_META_DNS_CAPTURE: "true"}}
`);
    expect(error?.message).toContain('proxyMetadata.ISTIO_META_DNS_CAPTURE');
    expect(error?.message).not.toMatch(/EXIT_ON_ZERO|proxyStatsMatcher/);
  });
});
