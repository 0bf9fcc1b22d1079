import { replicasOf } from '../manifests/build-world.ts';
import { servicesOf, targetPortOf, workloadsOf } from '../manifests/select.ts';
import type {
  Container,
  MeshService,
  Replica,
  ServicePort,
  Workload,
  World,
} from '../manifests/world.ts';
import { createAddressBook } from '../translate/addresses.ts';
import { findReferences, podOf, serviceNames } from './references.ts';
import { hostPortPairs } from './containers/container-env.ts';

/** A Service's port that a pod calls, by the name under which it does. */
export interface Outbound {
  /** As it stands in the caller's configuration, e.g. `users:8080`. */
  authority: string;
  service: MeshService;
  port: ServicePort;
  /** The one replica that is meant, `db-0` of `db-0.db:5432`; undefined: any. */
  pod: string | undefined;
}

/** What the local mesh runs for one replica: what a Pod is in a cluster. */
export interface Pod {
  /** `NAME-INDEX.NAMESPACE`: also the sidecar's node id. */
  id: string;
  /** `NAME-INDEX`. */
  name: string;
  replica: Replica;
  workload: Workload;
  /** Its address in the synthetic network of the translation. */
  ip: string;
  /** Whether an Envoy stands before it. */
  sidecar: boolean;
  /** Ports its containers listen on, as the manifest knows them. */
  appPorts: number[];
  /** Ports of {@link appPorts} that a Service leads to: the sidecar has an inbound listener for each. */
  inboundPorts: number[];
  outbound: Outbound[];
}

/** `NAME.NAMESPACE` of a workload. */
export function workloadKey(workload: Workload): string {
  return `${workload.name}.${workload.namespace}`;
}

/**
 * Lists every pod of a world, with the ports it needs.
 *
 * @param extra authorities that were opened on request, by {@link workloadKey}
 */
export function podsOf(world: World, extra: Map<string, string[]> = new Map()): Pod[] {
  const addresses = createAddressBook(world);
  return replicasOf(world).map((replica) => {
    const { workload } = replica;
    const targets = servicesOf(world, workload).flatMap(({ ports }) =>
      ports.map(({ targetPort }) => targetPortOf(targetPort, workload)),
    );
    const declared = workload.containers.flatMap(({ ports }) =>
      ports.map(({ containerPort }) => containerPort),
    );
    return {
      id: `${replica.podName}.${workload.namespace}`,
      name: replica.podName,
      replica,
      workload,
      ip: addresses.podIp(replica),
      sidecar: workload.injected,
      appPorts: numbers([...declared, ...targets]),
      inboundPorts: workload.injected ? numbers(targets) : [],
      outbound: outboundOf(world, workload, extra.get(workloadKey(workload))),
    };
  });
}

/** Pods that a Service's port leads to, with the port there. */
export function backendsOf(
  world: World,
  pods: Pod[],
  service: MeshService,
  port: ServicePort,
): { pod: Pod; targetPort: number }[] {
  const workloads = workloadsOf(world, service);
  return pods.flatMap((pod) => {
    const selected = workloads.includes(pod.workload);
    const targetPort = selected ? targetPortOf(port.targetPort, pod.workload) : undefined;
    return targetPort === undefined ? [] : [{ pod, targetPort }];
  });
}

/** Names under which ports are allotted; see ports.ts. */
export const portKeys = {
  app: (podId: string, port: number): string => `${podId}/app/${port}`,
  inbound: (podId: string, port: number): string => `${podId}/inbound/${port}`,
  outbound: (podId: string, authority: string): string => `${podId}/outbound/${authority}`,
  gateway: (podId: string, port: number): string => `${podId}/gateway/${port}`,
};

function numbers(values: (number | undefined)[]): number[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort((a, b) => a - b);
}

function textsOf(container: Container): string[] {
  return [...container.env.map(({ value }) => value), ...container.command, ...container.args];
}

/** The ports of Services that a workload's environment, arguments and command name, each authority once. */
function outboundOf(world: World, workload: Workload, extra: string[] = []): Outbound[] {
  const names = serviceNames(world, workload.namespace);
  const found = new Map<string, Outbound>();
  const texts = [...workload.containers.flatMap(textsOf), ...extra];
  for (const text of texts) {
    for (const { authority, service, port } of findReferences(text, names)) {
      found.set(authority, { authority, service, port, pod: podOf(authority, service) });
    }
  }
  for (const container of workload.containers) {
    for (const { authority, service, port } of hostPortPairs(container, names)) {
      found.set(authority, { authority, service, port, pod: podOf(authority, service) });
    }
  }
  return [...found.values()];
}
