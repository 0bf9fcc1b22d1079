import { isDeepStrictEqual } from 'node:util';
import { createProblems, placeOf, type Problems } from './problems.ts';
import { readService, readServiceEntry } from './read-service.ts';
import { isWorkload, readWorkload } from './read-workload.ts';
import type { MeshService, Replica, Resource, World } from './world.ts';

/**
 * Indexes resources. Throws `bad-manifest` with every problem: an object that is declared twice and differs, a port that is
 * no number, a Deployment whose selector is not its template's labels.
 */
export function buildWorld(resources: Resource[]): World {
  const problems = createProblems();
  const unique = withoutRepeats(resources, problems);
  const namespaces = new Map<string, Record<string, string>>();
  for (const resource of ofKind(unique, 'Namespace')) {
    namespaces.set(resource.metadata.name, resource.metadata.labels);
  }
  const workloadEntries = ofKind(unique, 'WorkloadEntry');
  const services: MeshService[] = [
    ...unique
      .filter((resource) => resource.kind === 'Service' && resource.apiVersion === 'v1')
      .map((resource) => readService(resource, problems)),
    ...ofKind(unique, 'ServiceEntry').flatMap((resource) =>
      readServiceEntry(resource, workloadEntries, problems),
    ),
  ];
  const surroundings = { namespaces, resources: unique };
  const workloads = unique
    .filter(isWorkload)
    .map((resource) => readWorkload(resource, surroundings, problems));
  problems.throwIfAny('bad-manifest', 'Mend the manifests named above.');
  return {
    resources: unique,
    namespaces,
    services,
    workloads,
    rootNamespace: 'istio-system',
    trustDomain: 'cluster.local',
  };
}

/** Resources of one kind, in the order they were read. */
export function ofKind(resources: Resource[], kind: string): Resource[] {
  return resources.filter((resource) => resource.kind === kind);
}

/** Every running copy of every workload, in the order of {@link World.workloads}; the position is the replica's identity. */
export function replicasOf(world: World): Replica[] {
  return world.workloads.flatMap((workload) =>
    Array.from({ length: workload.replicas }, (_, index) => ({
      workload,
      index,
      podName: `${workload.name}-${index}`,
    })),
  );
}

/** What identifies an object in a cluster: API group (not its version), kind, namespace, name. */
export function identityOf(resource: Resource): string {
  const group = resource.apiVersion.includes('/') ? (resource.apiVersion.split('/')[0] ?? '') : '';
  return [group, resource.kind, resource.metadata.namespace, resource.metadata.name].join('/');
}

/** `over` laid on `base`, as `kubectl apply` would: the same object is replaced in its place, others are added at the end. */
export function overlay(base: Resource[], over: Resource[]): Resource[] {
  const replacements = new Map(over.map((resource) => [identityOf(resource), resource]));
  const kept = base.map((resource) => {
    const identity = identityOf(resource);
    const replacement = replacements.get(identity);
    replacements.delete(identity);
    return replacement ?? resource;
  });
  return [...kept, ...replacements.values()];
}

function withoutRepeats(resources: Resource[], problems: Problems): Resource[] {
  const seen = new Map<string, Resource>();
  for (const resource of resources) {
    const identity = identityOf(resource);
    const first = seen.get(identity);
    if (first === undefined) seen.set(identity, resource);
    else if (!isDeepStrictEqual(first.body, resource.body)) {
      problems.add(resource, '', `is declared at ${placeOf(first)}, too, and differs there`);
    }
  }
  return [...seen.values()];
}
