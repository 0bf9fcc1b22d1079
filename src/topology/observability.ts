/**
 * Where observability lives, as the shop's manifests, the addons and the CLI name it. The addons are optional: what names
 * them here (egress, network policies) leads nowhere until they are installed.
 */
export const observability = {
  namespace: 'observability',
  /** The ConfigMap of the system's namespace that turns telemetry on: standard OTEL_ variables. */
  configMap: 'telemetry',
  jaeger: { name: 'jaeger', otlpHttpPort: 4318, queryPort: 16_686 },
  prometheus: { name: 'prometheus', port: 9090 },
  kiali: { name: 'kiali', port: 20_001 },
  /** Where a service's own metrics are, on its pod's loopback: the sidecar's agent merges them with Envoy's. */
  metrics: { port: 9464, path: '/metrics' },
  /** Where that agent gives them to Prometheus, outside of mutual TLS (Istio, "Metrics merging"). */
  mergedMetricsPort: 15_020,
} as const;

/** The collector's name in the cluster. */
export const collectorHost = `${observability.jaeger.name}.${observability.namespace}.svc.cluster.local`;
