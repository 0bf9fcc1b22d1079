import { asNumber, asRecord, asRecords, asString } from '../../manifests/fields.ts';
import { protocolNamed } from '../../manifests/port-protocol.ts';
import { servicesOf, targetPortOf } from '../../manifests/select.ts';
import type { MeshService, PortProtocol } from '../../manifests/world.ts';
import type { TranslateContext } from '../context.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { byAge } from '../values/order.ts';

/** A port on which a sidecar takes connections for its workload. */
export interface InboundTarget {
  /** Port of the workload (or of the Sidecar's `ingress` entry). */
  targetPort: number;
  /** Port of the Service, which names the virtual host. */
  servicePort: number;
  protocol: PortProtocol;
  /** Address part of the chain's name: `0.0.0.0`, or a Sidecar's `bind`, or the pod's where it gives none. */
  bind: string;
  /** The Service that declares the port; undefined: only a Sidecar does. */
  service: MeshService | undefined;
  /** Where connections go: the port that was dialled, or a port of 127.0.0.1. */
  endpointPort: number | undefined;
  /** A Sidecar's `connectionPool` for the port, which replaces the DestinationRule's. */
  connectionPool: Spec | undefined;
}

/**
 * The ports of a sidecar, by number: those of its Sidecar's `ingress` where it has any, else those that Services of
 * its workload lead to. Where several Services lead to one port the oldest decides, its protocol too.
 */
export function inboundTargets(context: TranslateContext): InboundTarget[] {
  const spec = asRecord(context.scope.sidecar?.body.spec);
  const pool = spec.inboundConnectionPool;
  const common = pool === undefined ? undefined : asRecord(pool);
  const declared = serviceTargets(context, common);
  const ingress = asRecords(spec.ingress);
  const targets =
    ingress.length === 0
      ? declared
      : ingress.map((entry) => ingressTarget(entry, declared, common, firstPodIp(context)));
  return targets.sort((a, b) => a.targetPort - b.targetPort);
}

function serviceTargets(
  { world, proxy }: TranslateContext,
  pool: Spec | undefined,
): InboundTarget[] {
  const services = servicesOf(world, proxy.workload).sort((a, b) => byAge(a.resource, b.resource));
  const byPort = new Map<number, InboundTarget>();
  for (const service of services) {
    for (const port of service.ports) {
      const targetPort = targetPortOf(port.targetPort, proxy.workload);
      if (targetPort === undefined || byPort.has(targetPort)) continue;
      byPort.set(targetPort, {
        targetPort,
        servicePort: port.port,
        protocol: port.protocol,
        bind: '0.0.0.0',
        service,
        endpointPort: undefined,
        connectionPool: pool,
      });
    }
  }
  return [...byPort.values()];
}

/** Istio names such chains by the pod's own address; all replicas share one configuration here, so the first's. */
function firstPodIp({ addresses, proxy }: TranslateContext): string {
  const { workload } = proxy;
  return addresses.podIp({ workload, index: 0, podName: `${workload.name}-0` });
}

function ingressTarget(
  entry: Spec,
  declared: InboundTarget[],
  pool: Spec | undefined,
  podIp: string,
): InboundTarget {
  const port = asRecord(entry.port);
  const number = asNumber(port.number) ?? 0;
  const endpoint = asString(entry.defaultEndpoint)?.split(':')[1];
  return {
    targetPort: number,
    servicePort: number,
    protocol: protocolNamed(asString(port.protocol) ?? '') ?? 'auto',
    bind: asString(entry.bind) || podIp,
    service: declared.find((target) => target.targetPort === number)?.service,
    endpointPort: endpoint === undefined ? undefined : Number(endpoint),
    connectionPool: entry.connectionPool === undefined ? pool : asRecord(entry.connectionPool),
  };
}
