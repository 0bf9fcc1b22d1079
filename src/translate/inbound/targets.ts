import { servicesOf, targetPortOf } from '../../manifests/select.ts';
import type { MeshService, ServicePort } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import { byAge } from '../values/order.ts';

/** A port that a workload serves, by the Service that declares it. */
export interface InboundTarget {
  service: MeshService;
  port: ServicePort;
  /** The port of the workload itself. */
  targetPort: number;
}

/**
 * The ports of a workload, by target port. Where several Services lead to one target port the oldest decides, its
 * protocol too.
 */
export function inboundTargets({ world, proxy }: TranslateContext): InboundTarget[] {
  const services = servicesOf(world, proxy.workload).sort((a, b) => byAge(a.resource, b.resource));
  const byPort = new Map<number, InboundTarget>();
  for (const service of services) {
    for (const port of service.ports) {
      const targetPort = targetPortOf(port.targetPort, proxy.workload);
      if (targetPort === undefined || byPort.has(targetPort)) continue;
      byPort.set(targetPort, { service, port, targetPort });
    }
  }
  return [...byPort.values()].sort((a, b) => a.targetPort - b.targetPort);
}
