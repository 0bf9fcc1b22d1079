import type { JsonObject } from '../json.ts';

/** `envoy.config.listener.v3.Listener` as protojson. */
export type EnvoyListener = JsonObject & { name: string };
/** `envoy.config.cluster.v3.Cluster` as protojson. */
export type EnvoyCluster = JsonObject & { name: string };
/** `envoy.config.route.v3.RouteConfiguration` as protojson. */
export type EnvoyRouteConfiguration = JsonObject & { name: string; virtualHosts: JsonObject[] };
/** `envoy.config.endpoint.v3.ClusterLoadAssignment` as protojson. */
export type EnvoyEndpoints = JsonObject & { clusterName: string };

/** What istiod would send to one proxy: the same shape as istio-oracle's output. */
export interface EnvoyConfig {
  listeners: EnvoyListener[];
  clusters: EnvoyCluster[];
  /** Route configurations that listeners name by RDS; inline ones stay in their listener. */
  routes: EnvoyRouteConfiguration[];
  endpoints: EnvoyEndpoints[];
}
