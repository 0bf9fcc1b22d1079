import type { App, Chart } from 'cdk8s';
import { addNamespaceMesh } from '../istio/mesh.ts';
import type { Topology } from '../src/topology/model.ts';
import { createChart } from './kit/chart.ts';
import { addDefaultDeny } from './kit/network-policy.ts';

/** What holds for every pod of the namespace, before any of them is there. */
export function meshChart(app: App, topology: Topology): Chart {
  const chart = createChart(app, topology, '01-mesh');
  addNamespaceMesh(chart, topology);
  addDefaultDeny(chart);
  return chart;
}
