import type { App, Chart } from 'cdk8s';
import { addResource } from '../istio/kit/resource.ts';
import type { Topology } from '../src/topology/model.ts';
import { createClusterChart } from './kit/chart.ts';

/**
 * The namespace: sidecars are injected, and pods that don't meet the `restricted` standard are refused.
 * Istio must then set up its redirection by its CNI plugin: the init container it uses otherwise needs NET_ADMIN.
 */
export function namespaceChart(app: App, topology: Topology): Chart {
  const chart = createClusterChart(app, '00-namespace');
  const metadata = {
    name: topology.namespace,
    labels: {
      'istio-injection': 'enabled',
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    },
  };
  addResource(chart, { apiVersion: 'v1', kind: 'Namespace', metadata });
  return chart;
}
