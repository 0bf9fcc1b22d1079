import { asNumber, asRecord } from '../../manifests/fields.ts';
import { workloadsOf } from '../../manifests/select.ts';
import type { World } from '../../manifests/world.ts';
import { resolveHost } from '../../translate/values/hosts.ts';
import type { Rule } from '../finding.ts';

/** Envoy's and Istio's default of maxEjectionPercent. */
const DEFAULT_PERCENT = 10;

/** O1: outlier detection that can never eject, as one replica is already more than maxEjectionPercent. */
export const ejectsNothingRule: Rule = {
  code: 'O1',
  summary: 'maxEjectionPercent × replicas is below 100: outlier detection ejects nothing',
  check: (world) =>
    world.resources
      .filter((resource) => resource.kind === 'DestinationRule')
      .flatMap((resource) => {
        const spec = asRecord(resource.body.spec);
        const outlier = asRecord(spec.trafficPolicy).outlierDetection;
        if (outlier === undefined || outlier === null) return [];
        const host = resolveHost(String(spec.host), resource.metadata.namespace);
        const replicas = replicasOfHost(world, host);
        const percent = asNumber(asRecord(outlier).maxEjectionPercent) ?? DEFAULT_PERCENT;
        if (replicas === 0 || percent * replicas >= 100) return [];
        return [
          {
            code: 'O1',
            severity: 'error' as const,
            resource,
            path: 'spec.trafficPolicy.outlierDetection.maxEjectionPercent',
            message: `maxEjectionPercent ${percent} of ${replicas} ${replicas === 1 ? 'replica' : 'replicas'} of ${host} is less than one replica`,
            why: 'Envoy ejects a host only while the ejected share stays within maxEjectionPercent: the first one would already exceed it.',
            fix: `Set maxEjectionPercent to at least ${Math.ceil(100 / replicas)}, or leave outlierDetection out.`,
          },
        ];
      }),
};

/** 0 when the host, or what it selects, is not among the manifests: then nothing can be said. */
function replicasOfHost(world: World, host: string): number {
  const service = world.services.find((candidate) => candidate.host === host);
  if (service === undefined) return 0;
  return workloadsOf(world, service).reduce((sum, workload) => sum + workload.replicas, 0);
}
