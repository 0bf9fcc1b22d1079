import { type App, Chart } from 'cdk8s';
import type { Topology } from '../../src/topology/model.ts';

/**
 * A chart, which becomes the file `manifests/ID.yaml`. Names are given, not hashed: policies refer to them.
 * Charts have no dependencies on each other (cdk8s takes exponential time for a chain of them); files apply in name order.
 */
export function createChart(app: App, topology: Topology, id: string): Chart {
  return new Chart(app, id, { namespace: topology.namespace, disableResourceNameHashes: true });
}

/** A chart whose objects lie in no namespace. */
export function createClusterChart(app: App, id: string): Chart {
  return new Chart(app, id, { disableResourceNameHashes: true });
}
