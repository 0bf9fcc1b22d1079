import type { ResourceBody } from '../../../istio/kit/resource.ts';
import { collectorHost, observability } from '../../../src/topology/observability.ts';
import { addonMetadata } from './workload.ts';

/**
 * The ConfigMap that turns telemetry on in the services of a namespace, whose containers take it as environment when they
 * start. Traces are pushed to the collector by OTLP. Metrics wait on the pod's loopback for the sidecar's agent, which
 * merges them with Envoy's: so Prometheus tells pods apart by itself, and a Prometheus that is away costs a service nothing.
 */
export function telemetryAddon(namespace: string): ResourceBody[] {
  const { metrics, jaeger, configMap } = observability;
  const data: Record<string, string> = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collectorHost}:${jaeger.otlpHttpPort}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_TIMEOUT: '2000',
    OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
    OTEL_EXPORTER_PROMETHEUS_PORT: String(metrics.port),
    OTEL_METRICS_EXPORTER: 'prometheus',
    OTEL_RESOURCE_ATTRIBUTES: `service.namespace=${namespace},k8s.namespace.name=${namespace}`,
    OTEL_TRACES_SAMPLER: 'parentbased_always_on',
  };
  const metadata = { ...addonMetadata(configMap, namespace), name: configMap };
  return [{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data } as ResourceBody];
}
