import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { translatedKinds } from './kinds.ts';
import { checkValue } from './schema.ts';

/** The findings in a `spec`, given in flow-style YAML without its braces. */
const findings = (kind: string, spec: string): string[] => {
  const schema = translatedKinds[kind];
  if (schema === undefined) throw new Error(`no schema of ${kind}`);
  const found: string[] = [];
  checkValue(schema, parse(`{ ${spec} }`), 'spec', {
    unsupported: (path, reason) => found.push(`not translated: ${path} ${reason}`),
    invalid: (path, reason) => found.push(`${path} ${reason}`),
  });
  return found;
};

type Row = [name: string, spec: string, message: string];

/** Each row is refused, and what `valid` says is not. */
function refuses(kind: string, valid: string, rows: Row[]): void {
  describe(`${kind} that Istio refuses`, () => {
    test('a valid one has no finding', () => expect(findings(kind, valid)).toEqual([]));
    test.each(rows)('%s', (_name, spec, message) => {
      expect(findings(kind, spec)).toEqual([expect.stringContaining(message)]);
    });
  });
}

const to = 'route: [{ destination: { host: users } }]';
const http = (fields: string): string => `hosts: [users], http: [{ ${fields} }]`;

refuses(
  'networking.istio.io/VirtualService',
  `hosts: [a.example.com], tls: [{ match: [{ sniHosts: [a.example.com] }], ${to} }], http: [{ ${to}, corsPolicy: { allowOrigins: [{ exact: '*' }], maxAge: 2s } }]`,
  [
    [
      'fault beside redirect',
      http('redirect: { uri: /a }, fault: { delay: { fixedDelay: 1s } }'),
      'http[0] has redirect and fault',
    ],
    [
      'rewrite beside directResponse',
      http('directResponse: { status: 200 }, rewrite: { uri: /a }'),
      'has directResponse and rewrite',
    ],
    [
      'mirror beside mirrors',
      http(`${to}, mirror: { host: a }, mirrors: [{ destination: { host: b } }]`),
      'has mirror and mirrors',
    ],
    [
      'two authorities',
      http(`${to}, headers: { request: { set: { host: a, ':authority': b } } }`),
      'sets the authority twice',
    ],
    [
      'a pseudo-header',
      http(`${to}, headers: { response: { remove: [':status'] } }`),
      'headers.response.remove.:status cannot be changed',
    ],
    [
      'SNI beyond the hosts',
      `hosts: [a.example.com], tls: [{ match: [{ sniHosts: [b.example.com] }], ${to} }]`,
      'b.example.com is none of the hosts',
    ],
    ['TLS without match', `hosts: [a.example.com], tls: [{ ${to} }]`, 'tls[0].match is missing'],
    [
      'a fraction of a second',
      http(`${to}, corsPolicy: { maxAge: 1.5s }`),
      'maxAge must be in whole seconds',
    ],
    [
      'an empty prefix',
      http(`match: [{ method: { prefix: '' } }], ${to}`),
      'method.prefix is empty',
    ],
    ['a status', http('directResponse: { status: 99 }'), 'status must be from 200 to 600'],
    ['a scheme', http('redirect: { scheme: ftp }'), 'scheme must be one of http, https'],
    [
      'two authorities of one destination',
      http(
        'route: [{ destination: { host: users }, headers: { request: { set: { host: a, ":authority": b } } } }]',
      ),
      'not translated: spec.http[0].route[0].headers it sets the authority twice',
    ],
    [
      'two ports of a redirect',
      http('redirect: { port: 8443, derivePort: FROM_REQUEST_PORT }'),
      'has port and derivePort',
    ],
    [
      'prefixRewrite of an exact path',
      http('match: [{ uri: { exact: /a } }], redirect: { prefixRewrite: /b }'),
      'match[0].uri must be a prefix',
    ],
    [
      'gateways of a delegate',
      `gateways: [mesh], http: [{ ${to} }]`,
      'spec.gateways may not be given without hosts',
    ],
    [
      '* beside a namespace',
      `hosts: [users], http: [{ ${to} }], exportTo: ['*', shop]`,
      'exportTo[0] * must stand alone',
    ],
  ],
);

refuses(
  'networking.istio.io/DestinationRule',
  'host: users, subsets: [{ name: v1 }, { name: v2 }], trafficPolicy: { outlierDetection: { consecutiveLocalOriginFailures: 1, splitExternalLocalOriginErrors: true } }',
  [
    [
      'a subset twice',
      'host: users, subsets: [{ name: v1 }, { name: v1 }]',
      'subsets[1].name v1 comes twice',
    ],
    [
      'failures that nothing counts',
      'host: users, trafficPolicy: { outlierDetection: { consecutiveLocalOriginFailures: 1 } }',
      'counts nothing',
    ],
    [
      'a negative number',
      'host: users, trafficPolicy: { connectionPool: { tcp: { maxConnections: -1 } } }',
      'must be at least 0, not -1',
    ],
    [
      'warm-up without duration',
      'host: users, trafficPolicy: { loadBalancer: { warmup: { aggression: 1 } } }',
      'warmup.duration is missing',
    ],
    [
      'a cookie without name',
      'host: users, trafficPolicy: { loadBalancer: { consistentHash: { httpCookie: { ttl: 1s } } } }',
      'httpCookie.name is missing',
    ],
    [
      'authorities that are skipped',
      'host: users, trafficPolicy: { tls: { mode: SIMPLE, insecureSkipVerify: true, caCertificates: /a } }',
      'caCertificates may not stand beside',
    ],
  ],
);

const port = 'ports: [{ number: 5432, name: tcp, protocol: TCP }]';
refuses(
  'networking.istio.io/ServiceEntry',
  `hosts: [a.example.com], ${port}, resolution: STATIC, endpoints: [{ address: 192.0.2.1, ports: { tcp: 5433 } }]`,
  [
    [
      'hosts that TCP cannot tell apart',
      `hosts: [a.example.com, b.example.com], ${port}, resolution: DNS`,
      'cannot tell several hosts apart',
    ],
    [
      'a port of none',
      `hosts: [a.example.com], ${port}, resolution: STATIC, endpoints: [{ address: 192.0.2.1, ports: { http: 1 } }]`,
      'ports.http is no port',
    ],
    [
      'endpoints that are not used',
      `hosts: [a.example.com], ${port}, endpoints: [{ address: 192.0.2.1 }]`,
      'may not be given with resolution NONE',
    ],
    [
      'a name that is not looked up',
      `hosts: [a.example.com], ${port}, resolution: STATIC, endpoints: [{ address: b.example.com }]`,
      'b.example.com is no IP address',
    ],
    [
      'several addresses of an HTTP host',
      'hosts: [a.example.com], addresses: [192.0.2.1, 192.0.2.2], ports: [{ number: 80, name: http, protocol: HTTP }]',
      'not translated: spec.addresses port 80 is HTTP',
    ],
  ],
);

const server = (fields: string, hosts = "['*']"): string =>
  `{ port: { number: 80, name: http, protocol: HTTP, ${fields} }, hosts: ${hosts} }`;
refuses('networking.istio.io/Gateway', `servers: [${server('')}]`, [
  [
    'a port name twice',
    `servers: [${server('')}, ${server('')}]`,
    'servers[1].port.name http comes twice',
  ],
  ['no namespace', `servers: [${server('', "['~/*']")}]`, '~/* begins with no name of a namespace'],
]);

refuses(
  'networking.istio.io/Sidecar',
  "egress: [{ port: { number: 80 }, hosts: ['./*'] }, { hosts: ['*/*'] }]",
  [
    [
      'the rest before a port',
      "egress: [{ hosts: ['*/*'] }, { port: { number: 80 }, hosts: ['./*'] }]",
      'egress[0] has no port',
    ],
    [
      'a port twice',
      'ingress: [{ port: { number: 80 } }, { port: { number: 80 } }]',
      'ingress[1].port.number 80 comes twice',
    ],
  ],
);

const from = (source: string): string => `rules: [{ from: [{ source: { ${source} } }] }]`;
refuses(
  'security.istio.io/AuthorizationPolicy',
  from('serviceAccounts: [shop/client], trustDomains: ["*.test"]'),
  [
    [
      'accounts beside namespaces',
      from('serviceAccounts: [a], namespaces: [b]'),
      'may not stand beside principals or namespaces',
    ],
    ['a wildcard account', from("serviceAccounts: ['shop/*']"), 'must be NAME or NAMESPACE/NAME'],
    ['an empty source', from(''), 'from[0].source is empty'],
    ['no template', "rules: [{ to: [{ operation: { paths: ['/{a}'] } }] }]", 'is no path template'],
    [
      'a condition of nothing',
      'rules: [{ when: [{ key: source.ip }] }]',
      'when[0] has neither values nor notValues',
    ],
  ],
);

refuses(
  'networking.istio.io/EnvoyFilter',
  'configPatches: [{ applyTo: CLUSTER, match: { cluster: { name: a } }, patch: { operation: REMOVE } }]',
  [
    [
      'a match of another kind',
      'configPatches: [{ applyTo: CLUSTER, match: { listener: { name: a } }, patch: { operation: REMOVE } }]',
      'match.listener does not go with CLUSTER',
    ],
    [
      'a filter without name',
      'configPatches: [{ applyTo: NETWORK_FILTER, match: { listener: { filterChain: { filter: {} } } }, patch: { operation: REMOVE } }]',
      'filter.name is missing',
    ],
  ],
);
