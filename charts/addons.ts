import { ApiObject, App, Chart, Yaml } from 'cdk8s';
import type { ResourceBody } from '../istio/kit/resource.ts';
import { compareText } from '../src/compare-text.ts';
import type { Topology } from '../src/topology/model.ts';
import { observabilityAddon } from './addons/observability/addon.ts';
import { reaperAddon } from './addons/reaper.ts';

/** Each gives the files that it writes into `addons/`, with their objects in the order in which they apply. */
const addons: readonly ((topology: Topology) => ReadonlyMap<string, readonly ResourceBody[]>)[] = [
  observabilityAddon,
  reaperAddon,
];

/**
 * File under `addons/` → YAML: what runs beside the system, each part of which can be left out. Not in `manifests/`, as
 * the local mesh and `kubectl apply -f manifests/` take all of that. The same bytes on every run.
 */
export function renderAddons(topology: Topology): Map<string, string> {
  const files = addons.flatMap((addon) => [...addon(topology)]);
  return new Map(
    files
      .map(([file, bodies]): [string, string] => [file, asYaml(bodies)])
      .sort(([a], [b]) => compareText(a, b)),
  );
}

function asYaml(bodies: readonly ResourceBody[]): string {
  // As those of a chart, they get their keys in order; their names are given.
  const chart = new Chart(new App(), 'addon', { disableResourceNameHashes: true });
  const objects = bodies.map((body, index) => new ApiObject(chart, String(index), { ...body }));
  return Yaml.stringify(...objects.map((object) => object.toJson() as unknown));
}
