import { ApiObject, type Chart } from 'cdk8s';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { loadLabel } from '../../src/cluster/labels.ts';
import type { Topology } from '../../src/topology/model.ts';
import { labelsOf } from './labels.ts';

/**
 * Adds a PodDisruptionBudget (cdk8s-plus-27 has none): at most one replica goes at a time when a node is drained.
 * `maxUnavailable` rather than `minAvailable`, which with one replica would block the drain for ever.
 */
export function addDisruptionBudget(chart: Chart, topology: Topology, name: string): ApiObject {
  const spec: IPodDisruptionBudget['spec'] = {
    maxUnavailable: 1,
    selector: {
      matchLabels: { app: name },
      // A load pod of an experiment is the caller to the mesh, but no replica of it: a Job's pod has no scale to count by.
      matchExpressions: [{ key: loadLabel, operator: 'DoesNotExist' }],
    },
  };
  const metadata = { name, labels: labelsOf(topology, name) };
  return new ApiObject(chart, 'disruption-budget', {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec,
  });
}
