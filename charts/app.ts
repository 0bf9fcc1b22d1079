import { App, type Chart, Yaml } from 'cdk8s';
import type { ShopService } from '../services/topology.ts';
import type { Topology } from '../src/topology/model.ts';
import { inventoryChart } from './inventory.ts';
import { meshChart } from './mesh.ts';
import { namespaceChart } from './namespace.ts';
import { ordersChart } from './orders.ts';
import { paymentsChart } from './payments.ts';
import { storefrontChart } from './storefront.ts';
import { usersChart } from './users.ts';

type ChartOf = (app: App, topology: Topology) => Chart;

/** The chart of every service; one without is a type error. */
const serviceCharts: Readonly<Record<ShopService, ChartOf>> = {
  inventory: inventoryChart,
  orders: ordersChart,
  payments: paymentsChart,
  storefront: storefrontChart,
  users: usersChart,
};

/** All charts of the shop, in the order their files apply. */
export function createApp(topology: Topology): App {
  const app = new App();
  for (const chart of [namespaceChart, meshChart, ...Object.values(serviceCharts)]) {
    chart(app, topology);
  }
  return app;
}

/** File name → YAML, the same bytes for the same topology on every run and every machine. */
export function renderManifests(topology: Topology): Map<string, string> {
  const charts = createApp(topology).charts;
  return new Map(
    charts
      .map((chart): [string, string] => [
        `${chart.node.id}.yaml`,
        Yaml.stringify(...(chart.toJson() as unknown[])),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
