import type { App, Chart } from 'cdk8s';
import { usersPolicy } from '../istio/users.ts';
import type { Topology } from '../src/topology/model.ts';
import { serviceChart } from './kit/service-chart.ts';

/** Who the customers are; two replicas, so that one may fail. */
export function usersChart(app: App, topology: Topology): Chart {
  return serviceChart(app, topology, {
    service: 'users',
    resources: { cpuRequestMillis: 25, memoryRequestMib: 96, memoryLimitMib: 256 },
    policy: usersPolicy,
  });
}
