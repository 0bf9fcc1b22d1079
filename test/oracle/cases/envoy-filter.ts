import type { OracleCase, View } from '../case.ts';
import { appYaml, namespaceYaml } from './shared.ts';

const apps =
  namespaceYaml() +
  appYaml({
    name: 'users',
    ports:
      '{ name: http, port: 80, targetPort: 8080 }, { name: tcp-db, port: 5432, targetPort: 5432 }',
  }) +
  appYaml({ name: 'orders' }) +
  `
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
`;

interface Filter {
  name?: string;
  namespace?: string;
  /** Flow-style YAML of `workloadSelector.labels`; empty: none. */
  labels?: string;
  priority?: number;
}

const filter = (
  patches: string,
  { name = 'patch', namespace = 'shop', labels = 'app: users', priority = 0 }: Filter = {},
): string => `
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  priority: ${priority}
  ${labels === '' ? '' : `workloadSelector: { labels: { ${labels} } }`}
  configPatches:
  ${patches.trim().replaceAll('\n', '\n  ')}
`;

const patched = (name: string, view: View, ...manifests: string[]): OracleCase => ({
  name: `envoy-filter-${name}`,
  workload: 'users.shop',
  view,
  manifests: apps + manifests.join(''),
});

const fault = (percent: number): string =>
  `{ envoy.filters.http.fault: { "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault, abort: { http_status: 503, percentage: { numerator: ${percent}, denominator: HUNDRED } } } }`;

const httpFilter = (
  operation: string,
  value: string,
  subFilter = 'envoy.filters.http.router',
): string => `
- applyTo: HTTP_FILTER
  match: { context: SIDECAR_INBOUND, listener: { filterChain: { filter: { name: envoy.filters.network.http_connection_manager, subFilter: { name: ${subFilter} } } } } }
  patch: { operation: ${operation}, value: ${value} }`;

const lua =
  '{ name: envoy.filters.http.lua, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua, default_source_code: { inline_string: "function envoy_on_request(h) end" } } }';

/** EnvoyFilter: the patches that experiments use, and the ones that people use to inject faults. */
export const cases: OracleCase[] = [
  patched(
    'fault-on-inbound-route',
    'inbound',
    filter(`- applyTo: HTTP_ROUTE
  match: { context: SIDECAR_INBOUND, routeConfiguration: { name: "inbound|8080||" } }
  patch: { operation: MERGE, value: { typed_per_filter_config: ${fault(50)} } }`),
  ),
  patched(
    'inbound-route-by-port-and-name',
    'inbound',
    filter(`- applyTo: HTTP_ROUTE
  match: { context: SIDECAR_INBOUND, routeConfiguration: { portNumber: 8080, vhost: { name: "inbound|http|80", route: { name: default, action: ROUTE } } } }
  patch: { operation: MERGE, value: { route: { timeout: 1.5s, retry_policy: { num_retries: 5 } } } }`),
  ),
  patched(
    'outbound-route',
    'outbound',
    filter(`- applyTo: HTTP_ROUTE
  match: { context: SIDECAR_OUTBOUND, routeConfiguration: { vhost: { name: "orders.shop.svc.cluster.local:8080", domainName: orders } } }
  patch: { operation: MERGE, value: { route: { idle_timeout: 250ms }, typed_per_filter_config: ${fault(10)} } }`),
  ),
  patched(
    'virtual-host-and-route-configuration',
    'outbound',
    filter(`- applyTo: VIRTUAL_HOST
  match: { context: SIDECAR_OUTBOUND, routeConfiguration: { portNumber: 8080 } }
  patch: { operation: MERGE, value: { request_headers_to_add: [{ header: { key: x-a, value: b }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }], retry_policy: { retry_on: reset } } }
- applyTo: ROUTE_CONFIGURATION
  match: { context: SIDECAR_OUTBOUND, routeConfiguration: { name: "8080" } }
  patch: { operation: MERGE, value: { request_headers_to_remove: [x-b], ignore_port_in_host_matching: false } }`),
  ),
  patched(
    'routes-added-and-removed',
    'outbound',
    filter(`- applyTo: HTTP_ROUTE
  match: { context: SIDECAR_OUTBOUND, routeConfiguration: { name: "8080", vhost: { name: "orders.shop.svc.cluster.local:8080", route: { name: default } } } }
  patch: { operation: INSERT_BEFORE, value: { name: first, match: { prefix: /teapot }, direct_response: { status: 418 } } }
- applyTo: HTTP_ROUTE
  match: { context: SIDECAR_OUTBOUND, routeConfiguration: { name: "8080", vhost: { name: "orders.shop.svc.cluster.local:8080" } } }
  patch: { operation: ADD, value: { name: last, match: { prefix: /x }, direct_response: { status: 404 } } }
- applyTo: HTTP_ROUTE
  match: { context: SIDECAR_OUTBOUND, routeConfiguration: { name: "8080", vhost: { name: allow_any } } }
  patch: { operation: REMOVE }`),
  ),
  patched('http-filter-insert-before', 'inbound', filter(httpFilter('INSERT_BEFORE', lua))),
  patched(
    'http-filter-insert-after',
    'inbound',
    filter(httpFilter('INSERT_AFTER', lua, 'envoy.filters.http.cors')),
  ),
  patched(
    'http-filter-replace',
    'inbound',
    filter(httpFilter('REPLACE', lua, 'envoy.filters.http.cors')),
  ),
  patched(
    'http-filter-remove',
    'inbound',
    filter(httpFilter('REMOVE', '{}', 'envoy.filters.http.cors')),
  ),
  patched(
    'http-filter-merge',
    'inbound',
    filter(
      httpFilter(
        'MERGE',
        '{ typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault, abort: { http_status: 503, percentage: { numerator: 5 } }, delay: { fixed_delay: 0.25s, percentage: { numerator: 100, denominator: MILLION } } } }',
        'envoy.filters.http.fault',
      ),
    ),
  ),
  patched(
    'http-filter-first-in-any-context',
    'all',
    filter(`- applyTo: HTTP_FILTER
  patch: { operation: INSERT_FIRST, value: ${lua} }`),
  ),
  patched(
    'http-filter-of-one-port',
    'outbound',
    filter(`- applyTo: HTTP_FILTER
  match: { context: SIDECAR_OUTBOUND, listener: { portNumber: 8080, filterChain: { filter: { name: envoy.filters.network.http_connection_manager } } } }
  patch: { operation: INSERT_FIRST, value: ${lua} }`),
  ),
  patched(
    'network-filter-merge',
    'inbound',
    filter(`- applyTo: NETWORK_FILTER
  match: { context: SIDECAR_INBOUND, listener: { filterChain: { filter: { name: envoy.filters.network.http_connection_manager } } } }
  patch: { operation: MERGE, value: { name: envoy.filters.network.http_connection_manager, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, common_http_protocol_options: { idle_timeout: 30s }, use_remote_address: true, stream_idle_timeout: 60s } } }`),
  ),
  patched(
    'network-filter-of-a-64-bit-number',
    'inbound',
    filter(`- applyTo: NETWORK_FILTER
  match: { context: SIDECAR_INBOUND }
  patch: { operation: INSERT_FIRST, value: { name: limit, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit, stat_prefix: limit, max_connections: 3 } } }`),
  ),
  patched(
    'network-filter-removed-with-its-routes',
    'outbound',
    filter(`- applyTo: NETWORK_FILTER
  match: { context: SIDECAR_OUTBOUND, listener: { portNumber: 8080, filterChain: { filter: { name: envoy.filters.network.http_connection_manager } } } }
  patch: { operation: REMOVE }`),
  ),
  patched(
    'zero-in-a-wrapper-does-not-overwrite',
    'inbound',
    filter(`- applyTo: NETWORK_FILTER
  match: { context: SIDECAR_INBOUND, listener: { filterChain: { filter: { name: envoy.filters.network.http_connection_manager } } } }
  patch: { operation: MERGE, value: { typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, normalize_path: false, merge_slashes: true, via: "" } } }
- applyTo: HTTP_ROUTE
  match: { context: SIDECAR_INBOUND }
  patch: { operation: MERGE, value: { route: { retry_policy: { num_retries: 0, retry_on: "" }, prefix_rewrite: / } } }`),
  ),
  patched(
    'one-of-two-alternatives',
    'outbound',
    filter(`- applyTo: HTTP_ROUTE
  match: { context: SIDECAR_OUTBOUND, routeConfiguration: { vhost: { name: "orders.shop.svc.cluster.local:8080" } } }
  patch: { operation: MERGE, value: { redirect: { host_redirect: other.example.com, response_code: FOUND }, metadata: { filter_metadata: { own: { a: 1, b: { c: [x] } } } } } }
- applyTo: CLUSTER
  match: { context: SIDECAR_OUTBOUND, cluster: { service: orders.shop.svc.cluster.local } }
  patch: { operation: MERGE, value: { type: STATIC, lb_policy: ROUND_ROBIN, dns_refresh_rate: 5s, upstream_connection_options: { tcp_keepalive: { keepalive_time: 10 } } } }`),
  ),
  patched(
    'network-filter-of-destination-port',
    'inbound',
    filter(`- applyTo: NETWORK_FILTER
  match: { context: SIDECAR_INBOUND, listener: { portNumber: 5432, filterChain: { transportProtocol: tls } } }
  patch: { operation: INSERT_FIRST, value: { name: envoy.filters.network.local_ratelimit, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit, stat_prefix: x, token_bucket: { max_tokens: 10, tokens_per_fill: 10, fill_interval: 1s } } } }`),
  ),
  patched(
    'cluster-merge',
    'outbound',
    filter(`- applyTo: CLUSTER
  match: { context: SIDECAR_OUTBOUND, cluster: { service: orders.shop.svc.cluster.local, portNumber: 8080 } }
  patch: { operation: MERGE, value: { connect_timeout: 1s, common_lb_config: { healthy_panic_threshold: { value: 50 } }, outlier_detection: { consecutive_5xx: 2, max_ejection_percent: 100 }, circuit_breakers: { thresholds: [{ priority: HIGH, max_connections: 7 }] } } }`),
  ),
  patched(
    'cluster-merge-and-replace-list',
    'outbound',
    filter(`- applyTo: CLUSTER
  match: { context: SIDECAR_OUTBOUND, cluster: { name: "outbound|8080||orders.shop.svc.cluster.local" } }
  patch: { operation: MERGE_AND_REPLACE_LIST, value: { circuit_breakers: { thresholds: [{ max_connections: 7 }] } } }`),
  ),
  patched(
    'cluster-inbound-by-service',
    'inbound',
    filter(`- applyTo: CLUSTER
  match: { context: SIDECAR_INBOUND, cluster: { service: users.shop.svc.cluster.local } }
  patch: { operation: MERGE, value: { connect_timeout: 2s } }`),
  ),
  patched(
    'cluster-transport-socket',
    'outbound',
    filter(`- applyTo: CLUSTER
  match: { context: SIDECAR_OUTBOUND, cluster: { service: orders.shop.svc.cluster.local } }
  patch: { operation: MERGE, value: { transport_socket: { name: envoy.transport_sockets.tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, common_tls_context: { tls_params: { tls_maximum_protocol_version: TLSv1_2 } } } } } }`),
  ),
  patched(
    'cluster-added-and-removed',
    'outbound',
    filter(`- applyTo: CLUSTER
  match: { context: SIDECAR_OUTBOUND, cluster: { service: orders.shop.svc.cluster.local } }
  patch: { operation: REMOVE }
- applyTo: CLUSTER
  match: { context: SIDECAR_OUTBOUND }
  patch: { operation: ADD, value: { name: extra, type: STRICT_DNS, connect_timeout: 0.5s, load_assignment: { cluster_name: extra, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: extra.example.com, port_value: 443 } } } }] }] } } }`),
  ),
  patched(
    'order-of-several',
    'inbound',
    filter(httpFilter('INSERT_FIRST', lua.replace('http.lua,', 'http.lua.late,')), {
      name: 'a',
      priority: 10,
    }),
    filter(httpFilter('INSERT_FIRST', lua.replace('http.lua,', 'http.lua.own,')), { name: 'b' }),
    filter(httpFilter('INSERT_FIRST', lua.replace('http.lua,', 'http.lua.root,')), {
      name: 'c',
      namespace: 'istio-system',
      labels: '',
    }),
  ),
  patched(
    'of-others-is-ignored',
    'inbound',
    filter(httpFilter('INSERT_FIRST', lua), { name: 'a', labels: 'app: orders' }),
    filter(httpFilter('INSERT_FIRST', lua), { name: 'b', namespace: 'ops', labels: '' }),
  ),
  {
    name: 'envoy-filter-gateway',
    workload: 'istio-ingressgateway.istio-system',
    gateway: true,
    manifests: `${apps}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec: { hosts: ["*"], gateways: [web], http: [{ name: all, route: [{ destination: { host: users } }] }] }
${filter(
  `- applyTo: HTTP_ROUTE
  match: { context: GATEWAY, routeConfiguration: { portNumber: 80, vhost: { name: "*:80", route: { name: all } } } }
  patch: { operation: MERGE, value: { typed_per_filter_config: ${fault(20)} } }
- applyTo: HTTP_FILTER
  match: { context: GATEWAY, listener: { portNumber: 80, filterChain: { filter: { name: envoy.filters.network.http_connection_manager, subFilter: { name: envoy.filters.http.router } } } } }
  patch: { operation: INSERT_BEFORE, value: ${lua} }`,
  { namespace: 'istio-system', labels: 'istio: ingressgateway' },
)}`,
  },
  {
    name: 'envoy-filter-gateway-port-of-service',
    workload: 'edge.shop',
    gateway: true,
    manifests: `${apps}
${appYaml({ name: 'edge', ports: '{ name: http, port: 80, targetPort: 8080 }, { name: http-b, port: 8080, targetPort: 9090 }' })}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: web, namespace: shop }
spec: { selector: { app: edge }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }, { port: { number: 8080, name: http-b, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec: { hosts: ["*"], gateways: [web], http: [{ name: all, route: [{ destination: { host: users } }] }] }
${filter(
  `- applyTo: HTTP_ROUTE
  match: { context: GATEWAY, routeConfiguration: { portNumber: 80 } }
  patch: { operation: MERGE, value: { typed_per_filter_config: ${fault(20)} } }`,
  { labels: 'app: edge' },
)}`,
  },
];
