import type { ResourceBody } from '../../../istio/kit/resource.ts';
import type { Topology } from '../../../src/topology/model.ts';
import { jaegerAddon } from './jaeger.ts';
import { kialiAddon } from './kiali.ts';
import { namespaceAddon } from './namespace.ts';
import { prometheusAddon } from './prometheus.ts';
import { telemetryAddon } from './telemetry.ts';

/** Where Istio's control plane and its ingress gateway live. */
const istioNamespace = 'istio-system';

/** The observability addon: file under `addons/` → its objects. Each file can be applied, or left out, by itself. */
export function observabilityAddon(topology: Topology): Map<string, ResourceBody[]> {
  const meshNamespaces = [topology.namespace, istioNamespace];
  const files = {
    '00-namespace': namespaceAddon(),
    jaeger: jaegerAddon(topology.namespace),
    kiali: kialiAddon(meshNamespaces),
    prometheus: prometheusAddon(meshNamespaces),
    telemetry: telemetryAddon(topology.namespace),
  };
  return new Map(
    Object.entries(files).map(([name, objects]) => [`observability/${name}.yaml`, objects]),
  );
}
