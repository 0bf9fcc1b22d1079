import type { MeshService, Workload, World } from './world.ts';

/** Whether labels satisfy a selector of equalities. An empty selector matches everything; callers decide what "none" means. */
export function matchesLabels(
  selector: Record<string, string>,
  labels: Record<string, string>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** Workloads whose pods a Service (or a ServiceEntry's workloadSelector) selects: same namespace, all labels; none when its selector is empty. */
export function workloadsOf(world: World, service: MeshService): Workload[] {
  if (Object.keys(service.selector).length === 0) return [];
  return world.workloads.filter(
    (workload) =>
      workload.namespace === service.namespace && matchesLabels(service.selector, workload.labels),
  );
}

/** Services that select a workload, in the order of {@link World.services}. */
export function servicesOf(world: World, workload: Workload): MeshService[] {
  return world.services.filter((service) => workloadsOf(world, service).includes(workload));
}

/** The number behind a Service's targetPort on a workload: itself, or the container port of that name; undefined when no container has it. */
export function targetPortOf(targetPort: number | string, workload: Workload): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  for (const container of workload.containers) {
    const port = container.ports.find((candidate) => candidate.name === targetPort);
    if (port !== undefined) return port.containerPort;
  }
  return undefined;
}
