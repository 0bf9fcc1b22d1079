import type { App, Chart } from 'cdk8s';
import { addStorefrontGateway, storefrontPolicy } from '../istio/storefront.ts';
import type { Topology } from '../src/topology/model.ts';
import { serviceChart } from './kit/service-chart.ts';

/** The shop's edge: what the ingress gateway leads to. */
export function storefrontChart(app: App, topology: Topology): Chart {
  const chart = serviceChart(app, topology, {
    service: 'storefront',
    resources: { cpuRequestMillis: 50, memoryRequestMib: 96, memoryLimitMib: 256 },
    policy: storefrontPolicy,
  });
  addStorefrontGateway(chart, topology);
  return chart;
}
