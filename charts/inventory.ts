import type { App, Chart } from 'cdk8s';
import { inventoryPolicy } from '../istio/inventory.ts';
import type { Topology } from '../src/topology/model.ts';
import { serviceChart } from './kit/service-chart.ts';

/** What is on the shelves, by gRPC. */
export function inventoryChart(app: App, topology: Topology): Chart {
  return serviceChart(app, topology, {
    service: 'inventory',
    resources: { cpuRequestMillis: 25, memoryRequestMib: 96, memoryLimitMib: 256 },
    policy: inventoryPolicy,
  });
}
