import type { Topology } from '../../src/topology/model.ts';

/** Labels of everything that belongs to one service; `app` and `version` are what Istio's telemetry reads. */
export function labelsOf(topology: Topology, service: string): Record<string, string> {
  return {
    app: service,
    'app.kubernetes.io/name': service,
    'app.kubernetes.io/part-of': topology.namespace,
    'app.kubernetes.io/managed-by': 'windtunnel',
    version: 'v1',
  };
}
