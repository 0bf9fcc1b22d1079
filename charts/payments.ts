import type { App, Chart } from 'cdk8s';
import { paymentsPolicy } from '../istio/payments.ts';
import type { Topology } from '../src/topology/model.ts';
import { serviceChart } from './kit/service-chart.ts';

/** Takes and gives back money, by gRPC. */
export function paymentsChart(app: App, topology: Topology): Chart {
  return serviceChart(app, topology, {
    service: 'payments',
    resources: { cpuRequestMillis: 25, memoryRequestMib: 96, memoryLimitMib: 256 },
    policy: paymentsPolicy,
  });
}
