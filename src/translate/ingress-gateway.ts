import { asRecord, asStringMap } from '../manifests/fields.ts';
import { ofKind } from '../manifests/build-world.ts';
import { matchesLabels } from '../manifests/select.ts';
import type { Workload, World } from '../manifests/world.ts';

/** Labels of the gateway that a stock Istio installation has. */
const stockLabels = { app: 'istio-ingressgateway', istio: 'ingressgateway' };

/**
 * The gateway that Istio's installation brings and no manifest declares: `istio-ingressgateway` in the root namespace.
 * It is there when a Gateway selects it and no workload of the manifests does; undefined otherwise.
 */
export function ingressGateway(world: World): Workload | undefined {
  const wanting = ofKind(world.resources, 'Gateway').find((resource) => {
    if (!resource.apiVersion.startsWith('networking.istio.io/')) return false;
    const selector = asStringMap(asRecord(resource.body.spec).selector);
    return (
      matchesLabels(selector, stockLabels) &&
      !world.workloads.some((workload) => matchesLabels(selector, workload.labels))
    );
  });
  if (wanting === undefined) return undefined;
  return {
    name: 'istio-ingressgateway',
    namespace: world.rootNamespace,
    labels: stockLabels,
    annotations: {},
    serviceAccount: 'istio-ingressgateway-service-account',
    replicas: 1,
    containers: [],
    injected: false,
    terminationGraceSeconds: 30,
    resource: wanting,
  };
}
