import type { Json, JsonObject } from '../../../src/json.ts';
import { namespaces, resource } from './names.ts';
import type { Random } from './random.ts';
import { selector } from './security.ts';

/** An AuthorizationPolicy with every field of its rules. */
export function authorizationPolicy(random: Random, index: number): JsonObject {
  return {
    ...resource(
      'AuthorizationPolicy',
      { name: `ap${index}`, namespace: random.pick(namespaces) },
      {
        ...selector(random),
        ...random.fields({
          action: [0.8, () => random.pick(['ALLOW', 'ALLOW', 'DENY', 'DENY', 'AUDIT'])],
          rules: [0.93, () => random.list(1, 2, () => rule(random))],
        }),
      },
    ),
    ...(random.chance(0.1) && {
      metadata: {
        name: `ap${index}`,
        namespace: random.pick(namespaces),
        annotations: { 'istio.io/dry-run': random.pick(['true', 'false']) },
      },
    }),
  };
}

function rule(random: Random): JsonObject {
  return random.fields({
    from: [0.6, () => random.list(1, 2, () => ({ source: pairs(random, sources) }))],
    to: [0.6, () => random.list(1, 2, () => ({ operation: pairs(random, operations) }))],
    when: [0.4, () => random.list(1, 2, () => condition(random))],
  });
}

const sources: Record<string, string[]> = {
  principals: [
    'cluster.local/ns/shop/sa/client',
    '*',
    'cluster.local/*',
    '*/sa/web',
    'old-domain/ns/a/sa/b',
  ],
  requestPrincipals: ['*', 'https://issuer.example.com/alice', 'z.example.com/*', '*/bob'],
  serviceAccounts: ['client', 'sales/web', 'default', 'shop/*'],
  namespaces: ['shop', 'sales', '*', 'sa*', '*op'],
  ipBlocks: ['10.0.0.1', '10.1.0.0/16', '2001:db8::/32'],
  remoteIpBlocks: ['203.0.113.0/24', '198.51.100.7'],
  trustDomains: ['cluster.local', '*', 'other.*', '*.test'],
};

const operations: Record<string, string[]> = {
  hosts: [
    'users',
    'users.shop.svc.cluster.local',
    '*.example.com',
    'users:8080',
    '*',
    'web*',
    'UPPER.example.com',
  ],
  ports: ['8080', '9000', '5432', '80'],
  methods: ['GET', 'POST', '*', 'P*', '*T'],
  paths: ['/a', '/a/*', '*/b', '*', '/c/{*}/d', '/e/{**}', '/a?b'],
};

/** Some fields of a table, each plain or as what must not be. */
function pairs(random: Random, table: Record<string, string[]>): JsonObject {
  const made: JsonObject = {};
  for (const [name, values] of random.some(Object.entries(table), 1, 2)) {
    const negated = `not${name[0]?.toUpperCase()}${name.slice(1)}`;
    if (random.chance(0.75)) made[name] = random.some(values, 1, 2);
    if (made[name] === undefined || random.chance(0.2)) made[negated] = random.some(values, 1, 2);
  }
  return made;
}

function condition(random: Random): JsonObject {
  const table: [key: string, values: string[]][] = [
    ['request.headers[x-a]', ['v', 'v*', '*v', '*']],
    ['request.headers[:method]', ['GET']],
    ['source.ip', ['10.0.0.0/8']],
    ['remote.ip', ['203.0.113.7']],
    ['source.namespace', ['shop', 's*']],
    ['source.principal', ['cluster.local/ns/shop/sa/client', '*']],
    ['source.serviceAccount', ['client', 'sales/web']],
    ['request.auth.principal', ['*', 'https://issuer.example.com/alice']],
    ['request.auth.audiences', ['shop', 's*']],
    ['request.auth.presenter', ['web']],
    ['request.auth.claims[group]', ['admin', 'a*', '*']],
    ['request.auth.claims[realm][roles]', ['admin']],
    ['destination.ip', ['10.0.0.1']],
    ['destination.port', ['8080', '5432']],
    ['connection.sni', ['users.shop', '*.example.com']],
    ['experimental.envoy.filters.a.b[c]', ['x', 'y*', '[z]']],
  ];
  const [key, values] = random.pick(table);
  const some = (): Json => random.some(values, 1, 2);
  const made = random.fields({ values: [0.75, some], notValues: [0.3, some] });
  return { key, ...(Object.keys(made).length > 0 ? made : { values: some() }) };
}
