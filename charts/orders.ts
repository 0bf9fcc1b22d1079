import type { App, Chart } from 'cdk8s';
import { ordersPolicy } from '../istio/orders.ts';
import type { Topology } from '../src/topology/model.ts';
import { serviceChart } from './kit/service-chart.ts';

/** Takes orders. */
export function ordersChart(app: App, topology: Topology): Chart {
  return serviceChart(app, topology, {
    service: 'orders',
    resources: { cpuRequestMillis: 50, memoryRequestMib: 96, memoryLimitMib: 256 },
    policy: ordersPolicy,
  });
}
