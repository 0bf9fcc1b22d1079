import type { Json, JsonObject } from '../../../src/json.ts';
import { resource, workloadLabels } from './names.ts';
import type { Random } from './random.ts';

/** An EnvoyFilter with patches of each kind that is translated. */
export function envoyFilter(random: Random, index: number): JsonObject {
  return resource(
    'EnvoyFilter',
    { name: `ef${index}`, namespace: random.pick(['shop', 'shop', 'istio-system', 'sales']) },
    {
      ...random.fields({
        workloadSelector: [0.35, () => ({ labels: workloadLabels(random) })],
        priority: [0.3, () => random.pick([-5, 0, 10])],
      }),
      configPatches: random.list(1, 2, () => patch(random)),
    },
  );
}

const merges = ['MERGE', 'MERGE', 'MERGE', 'MERGE_AND_REPLACE_LIST'];
const insertions = ['ADD', 'INSERT_FIRST', 'INSERT_BEFORE', 'INSERT_AFTER'];

function patch(random: Random): JsonObject {
  const makers: [applyTo: string, make: (random: Random) => JsonObject][] = [
    ['CLUSTER', clusterPatch],
    ['ROUTE_CONFIGURATION', routeConfigurationPatch],
    ['VIRTUAL_HOST', virtualHostPatch],
    ['HTTP_ROUTE', routePatch],
    ['HTTP_ROUTE', routePatch],
    ['HTTP_FILTER', httpFilterPatch],
    ['HTTP_FILTER', httpFilterPatch],
    ['NETWORK_FILTER', networkFilterPatch],
  ];
  const [applyTo, make] = random.pick(makers);
  const { match, ...others } = make(random);
  const context = random.fields({
    context: [0.85, () => random.pick(['SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'ANY'])],
  });
  return { applyTo, match: { ...context, ...(match as JsonObject) }, patch: others };
}

function clusterPatch(random: Random): JsonObject {
  const operation = random.pick([...merges, 'ADD', 'REMOVE']);
  const match = random.fields({
    service: [
      0.4,
      () =>
        random.pick([
          'users.shop.svc.cluster.local',
          'client.shop.svc.cluster.local',
          'api.example.com',
        ]),
    ],
    portNumber: [0.4, () => random.pick([8080, 80, 9000])],
    subset: [0.15, () => 'v1'],
    name: [
      0.15,
      () =>
        random.pick([
          'outbound|8080||users.shop.svc.cluster.local',
          'inbound|8080||',
          'BlackHoleCluster',
        ]),
    ],
  });
  const value: JsonObject = random.pick<JsonObject>([
    { connect_timeout: '5s' },
    { lb_policy: 'RANDOM', outlier_detection: { consecutive_5xx: 9 } },
    { circuit_breakers: { thresholds: [{ priority: 'HIGH', max_requests: 7 }] } },
    { common_lb_config: { healthy_panic_threshold: { value: 10 } } },
    {
      transport_socket: {
        name: 'envoy.transport_sockets.tls',
        typed_config: {
          '@type':
            'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
          sni: 'patched',
        },
      },
    },
    { dns_refresh_rate: '9s', respect_dns_ttl: false },
  ]);
  const added: JsonObject = { name: 'extra', type: 'STATIC', connect_timeout: '1s' };
  if (operation === 'REMOVE') return { match: { cluster: match }, operation };
  return { match: { cluster: match }, operation, value: operation === 'ADD' ? added : value };
}

function routeMatch(random: Random, vhost: JsonObject): JsonObject {
  return random.fields({
    routeConfiguration: [
      0.85,
      () => ({
        ...random.fields({
          name: [0.3, () => random.pick(['8080', '80', 'inbound|8080||', 'http.80', 'http.8080'])],
          portNumber: [0.25, () => random.pick([80, 8080, 9000])],
          gateway: [0.08, () => 'istio-system/edge'],
          portName: [0.05, () => 'http'],
        }),
        ...(Object.keys(vhost).length > 0 && { vhost }),
      }),
    ],
  });
}

function vhostMatch(random: Random): JsonObject {
  return random.fields({
    name: [
      0.3,
      () =>
        random.pick([
          'users.shop.svc.cluster.local:8080',
          'inbound|http|8080',
          'allow_any',
          'shop.example.com:80',
          '*:80',
        ]),
    ],
    domainName: [0.1, () => random.pick(['users', '*'])],
  });
}

function routeConfigurationPatch(random: Random): JsonObject {
  const value = random.pick<JsonObject>([
    { request_headers_to_remove: ['x-b'] },
    { max_direct_response_body_size_bytes: 9, ignore_port_in_host_matching: false },
    { response_headers_to_add: [{ header: { key: 'x-r', value: '1' } }] },
  ]);
  return { match: routeMatch(random, {}), operation: random.pick(merges), value };
}

function virtualHostPatch(random: Random): JsonObject {
  const value = random.pick<JsonObject>([
    {
      request_headers_to_add: [
        { header: { key: 'x-a', value: 'b' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      ],
    },
    { retry_policy: { retry_on: 'reset', num_retries: 4 } },
    { include_request_attempt_count: false, domains: ['more.example.com'] },
  ]);
  return {
    match: routeMatch(random, vhostMatch(random)),
    operation: random.pick(merges),
    value,
  };
}

function routePatch(random: Random): JsonObject {
  const operation = random.pick([...merges, ...insertions, 'REMOVE']);
  const route = random.fields({
    name: [0.5, () => random.pick(['default', 'r', 'allow_any'])],
    action: [0.3, () => random.pick(['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE'])],
  });
  const vhost = { ...vhostMatch(random), ...(Object.keys(route).length > 0 && { route }) };
  const match = routeMatch(random, vhost);
  if (operation === 'REMOVE') return { match, operation };
  const fault = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
    abort: { http_status: 503, percentage: { numerator: 10, denominator: 'HUNDRED' } },
  };
  const merged = random.pick<JsonObject>([
    { route: { timeout: '1.5s', retry_policy: { num_retries: 5 } } },
    { typed_per_filter_config: { 'envoy.filters.http.fault': fault } },
    { request_headers_to_add: [{ header: { key: 'x-n', value: '1' } }] },
    {
      route: {
        retry_policy: { retriable_status_codes: [429] },
        hash_policy: [{ header: { header_name: 'x' } }],
      },
    },
  ]);
  const added = { name: 'added', match: { prefix: '/teapot' }, direct_response: { status: 418 } };
  return { match, operation, value: merges.includes(operation) ? merged : added };
}

const httpManager = 'envoy.filters.network.http_connection_manager';

function listenerMatch(random: Random, filter: JsonObject | undefined): JsonObject {
  const chain = random.fields({
    name: [0.08, () => random.pick(['0.0.0.0_8080', '8080', 'virtualInbound'])],
    destinationPort: [0.1, () => random.pick([8080, 9000])],
    transportProtocol: [0.08, () => random.pick(['tls', 'raw_buffer'])],
    applicationProtocols: [0.05, () => random.pick(['h2c', 'istio', 'http/1.1,h2c'])],
  });
  return {
    listener: {
      ...random.fields({
        name: [0.12, () => random.pick(['virtualInbound', 'virtualOutbound', '0.0.0.0_8080'])],
        portNumber: [0.3, () => random.pick([80, 8080, 9000, 15006])],
      }),
      filterChain: { ...chain, ...(filter !== undefined && { filter }) },
    },
  };
}

function httpFilterPatch(random: Random): JsonObject {
  const operation = random.pick(['MERGE', ...insertions, ...insertions, 'REPLACE', 'REMOVE']);
  const subFilter = random.pick([
    'envoy.filters.http.router',
    'envoy.filters.http.fault',
    'envoy.filters.http.cors',
    'envoy.filters.http.jwt_authn',
    'envoy.filters.http.rbac',
  ]);
  const filter = random.fields({
    name: [0.95, () => httpManager],
    subFilter: [0.85, () => ({ name: subFilter })],
  });
  const match = listenerMatch(random, Object.keys(filter).length > 0 ? filter : undefined);
  if (operation === 'REMOVE') return { match, operation };
  const lua = {
    name: random.pick(['envoy.filters.http.lua', 'mine']),
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
      default_source_code: { inline_string: 'function envoy_on_request(h) end' },
    },
  };
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
      suppress_envoy_headers: true,
    },
  };
  return { match, operation, value: operation === 'MERGE' ? router : lua };
}

function networkFilterPatch(random: Random): JsonObject {
  const operation = random.pick(['MERGE', 'MERGE', ...insertions, 'REPLACE', 'REMOVE']);
  const name = random.pick([httpManager, httpManager, 'envoy.filters.network.tcp_proxy']);
  const match = listenerMatch(random, random.chance(0.9) ? { name } : undefined);
  if (operation === 'REMOVE') return { match, operation };
  const manager: Json = {
    name: httpManager,
    typed_config: {
      '@type':
        'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      ...random.pick<JsonObject>([
        { common_http_protocol_options: { idle_timeout: '30s' } },
        { server_name: 'patched', xff_num_trusted_hops: 2 },
        { merge_slashes: true, path_with_escaped_slashes_action: 'REJECT_REQUEST' },
      ]),
    },
  };
  const rate: Json = {
    name: 'limit',
    typed_config: {
      '@type':
        'type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit',
      stat_prefix: 'limit',
      max_connections: 3,
    },
  };
  return { match, operation, value: operation === 'MERGE' ? manager : rate };
}
