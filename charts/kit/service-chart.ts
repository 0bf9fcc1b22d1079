import type { App, Chart } from 'cdk8s';
import type { ServicePolicy } from '../../istio/kit/policy.ts';
import { addServiceMesh } from '../../istio/kit/service-mesh.ts';
import type { Topology } from '../../src/topology/model.ts';
import { createChart } from './chart.ts';
import { addDisruptionBudget } from './disruption-budget.ts';
import { addNetworkPolicy } from './network-policy.ts';
import { addService } from './service.ts';
import { addWorkload, type WorkloadResources } from './workload.ts';

/** What a service's chart says beyond the topology. */
export interface ServiceChartOptions {
  service: string;
  resources: WorkloadResources;
  /** From `istio/SERVICE.ts`. */
  policy: ServicePolicy;
}

/** A chart with everything one service needs: workload, address, budget, network, mesh. */
export function serviceChart(app: App, topology: Topology, options: ServiceChartOptions): Chart {
  const { service, resources, policy } = options;
  const chart = createChart(app, topology, service);
  addWorkload(chart, topology, service, resources);
  addService(chart, topology, service);
  addDisruptionBudget(chart, topology, service);
  addNetworkPolicy(chart, topology, service);
  addServiceMesh(chart, topology, service, policy);
  return chart;
}
