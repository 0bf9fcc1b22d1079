import type { JsonObject } from '../../json.ts';

/** What the start file of one Envoy says. */
export interface BootstrapOptions {
  /** Unique in the instance, e.g. `users-0.shop`. */
  nodeId: string;
  /** Unix socket of the ADS server: private to the user, and no port. */
  adsSocket: string;
  /** Unix socket of Envoy's own admin interface. */
  adminSocket: string;
}

const xdsCluster = 'xds-grpc';

/** Options every Envoy of the local mesh is started with, after `-c FILE`; measured in research/envoy-local.md. */
export const envoyArguments = [
  '--concurrency',
  '1',
  // A second Envoy could not bind the domain socket of hot restart.
  '--disable-hot-restart',
  // Changed listeners must not serve old connections for long.
  '--drain-strategy',
  'immediate',
  // Access logs are read while it runs; the default is 10 s.
  '--file-flush-interval-msec',
  '50',
  '--reject-unknown-dynamic-fields',
  '--log-level',
  'warning',
  // Istio writes a deprecated field (max_grpc_timeout) into every route: a warning each, at every update.
  '--component-log-level',
  'misc:error',
];

/** Envoy's bootstrap: everything else comes by ADS. */
export function bootstrap(options: BootstrapOptions): JsonObject {
  const { nodeId, adsSocket, adminSocket } = options;
  return {
    node: { id: nodeId, cluster: 'windtunnel' },
    admin: { address: { pipe: { path: adminSocket, mode: 0o600 } } },
    dynamic_resources: {
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: xdsCluster } }],
      },
      lds_config: { ads: {}, resource_api_version: 'V3' },
      cds_config: { ads: {}, resource_api_version: 'V3' },
    },
    static_resources: {
      clusters: [
        {
          name: xdsCluster,
          type: 'STATIC',
          connect_timeout: '5s',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: xdsCluster,
            endpoints: [
              { lb_endpoints: [{ endpoint: { address: { pipe: { path: adsSocket } } } }] },
            ],
          },
        },
      ],
    },
    // Without a limit Envoy warns at every start that there is none.
    overload_manager: {
      resource_monitors: [
        {
          name: 'envoy.resource_monitors.global_downstream_max_connections',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
            max_active_downstream_connections: 50000,
          },
        },
      ],
    },
  };
}
