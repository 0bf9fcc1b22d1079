import { stringify } from 'yaml';
import type { ResourceBody } from '../../../istio/kit/resource.ts';
import { observability } from '../../../src/topology/observability.ts';
import { images } from './images.ts';
import { ingressPolicy, serviceOf } from './service.ts';
import { addonWorkload } from './workload.ts';

const { name, otlpHttpPort, queryPort } = observability.jaeger;

/** Traces that are kept; older ones go. A trace of one order has nine spans, about 10 KiB in memory. */
const maxTraces = 5000;

/** Jaeger 2, which is also the collector: OTLP in, the traces in its memory, its API and its pages out. */
export function jaegerAddon(shopNamespace: string): ResourceBody[] {
  return [
    ...addonWorkload({
      name,
      image: images.jaeger,
      userId: 10_001,
      args: ['--config=/etc/jaeger/config.yaml'],
      ports: { otlp: otlpHttpPort, query: queryPort },
      probe: { path: '/', port: 'query' },
      config: { path: '/etc/jaeger', file: 'config.yaml', text: stringify(jaegerConfig) },
      resources: { cpu: '20m', memoryRequest: '96Mi', memoryLimit: '384Mi' },
      usesApi: false,
    }),
    serviceOf(name, { 'http-otlp': otlpHttpPort, 'http-query': queryPort }),
    ingressPolicy(name, [
      { port: otlpHttpPort, from: [{ namespace: shopNamespace }] },
      {
        port: queryPort,
        from: [{ namespace: observability.namespace, app: observability.kiali.name }],
      },
    ]),
  ];
}

const jaegerConfig = {
  service: {
    extensions: ['jaeger_storage', 'jaeger_query'],
    pipelines: {
      traces: {
        receivers: ['otlp'],
        // Services send in batches already. Beyond the limit spans are refused, not the whole program ended.
        processors: ['memory_limiter'],
        exporters: ['jaeger_storage_exporter'],
      },
    },
    telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
  },
  extensions: {
    jaeger_storage: { backends: { memory: { memory: { max_traces: maxTraces } } } },
    jaeger_query: {
      storage: { traces: 'memory' },
      http: { endpoint: `0.0.0.0:${queryPort}` },
    },
  },
  receivers: { otlp: { protocols: { http: { endpoint: `0.0.0.0:${otlpHttpPort}` } } } },
  processors: { memory_limiter: { check_interval: '1s', limit_mib: 320, spike_limit_mib: 64 } },
  exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
};
