import type { EnvoyConfig } from '../../src/translate/envoy.ts';

/** Which half of a proxy's configuration a case is about; the other half is left out of its fixture. */
export type View = 'inbound' | 'outbound' | 'all';

/** A small set of manifests, and the proxy whose configuration must equal Istio's. */
export interface OracleCase {
  /** Kebab-case and unique: also the name of the fixture. */
  name: string;
  /** `NAME.NAMESPACE` of a workload in the manifests, or of the implicit ingress gateway. */
  workload: string;
  /** YAML documents. */
  manifests: string;
  /** The workload is a gateway (router), not a sidecar. @default false */
  gateway?: boolean;
  /** @default 'all' */
  view?: View;
}

/** The part of a configuration that a view is about. */
export function selectView(config: EnvoyConfig, view: View): EnvoyConfig {
  if (view === 'all') return config;
  const wanted = (inbound: boolean): boolean => inbound === (view === 'inbound');
  const isInboundListener = (listener: EnvoyConfig['listeners'][number]): boolean =>
    listener.trafficDirection === 'INBOUND';
  const isInboundCluster = (name: string): boolean =>
    name.startsWith('inbound|') || name === 'InboundPassthroughCluster';
  return {
    listeners: config.listeners.filter((listener) => wanted(isInboundListener(listener))),
    clusters: config.clusters.filter((cluster) => wanted(isInboundCluster(cluster.name))),
    routes: view === 'inbound' ? [] : config.routes,
    endpoints: view === 'inbound' ? [] : config.endpoints,
  };
}
