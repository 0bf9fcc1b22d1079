import type { Resource, Workload, World } from '../../manifests/world.ts';
import { buildWorld } from '../../manifests/build-world.ts';
import { workloadsOf } from '../../manifests/select.ts';
import { createAddressBook } from '../../translate/addresses.ts';
import { checkReferences } from '../../translate/check-references.ts';
import { checkSupported } from '../../translate/check-supported.ts';
import type { EnvoyConfig } from '../../translate/envoy.ts';
import { ingressGateway } from '../../translate/ingress-gateway.ts';
import { translateGateway, translateSidecar } from '../../translate/translate.ts';
import type { AccessLogTarget } from '../localise/access-log-format.ts';
import { checkLocal } from '../check-local.ts';
import { gatewayPorts } from '../localise/gateway.ts';
import type { Backend, LocaliseInput } from '../localise/input.ts';
import { localiseGateway, localiseSidecar } from '../localise/localise.ts';
import { backendsOf, type Pod, podsOf, portKeys, workloadKey } from '../pods.ts';
import type { ProxyConfig } from '../xds/resources.ts';

/** Everything that follows from a set of resources: what is to run, and what each proxy is to do. Pure data. */
export interface Plan {
  resources: Resource[];
  world: World;
  pods: Pod[];
  /** The ingress gateway that Istio would have brought; undefined when nothing needs it. */
  gateway: Pod | undefined;
  /** Ports the gateway listens on in a cluster. */
  gatewayPorts: number[];
  /** By {@link workloadKey}: what istiod would send. */
  istio: Map<string, EnvoyConfig>;
}

/**
 * Makes the plan of a set of resources.
 *
 * @param extra authorities opened on request, by workload key
 * Throws `bad-manifest`, `unsupported` or `unknown-reference`: then nothing of the old plan may be touched.
 */
export function makePlan(resources: Resource[], extra: Map<string, string[]> = new Map()): Plan {
  const world = buildWorld(resources);
  checkSupported(world);
  checkReferences(world);
  checkLocal(world);
  const istio = new Map<string, EnvoyConfig>();
  for (const workload of world.workloads) {
    if (workload.injected) istio.set(workloadKey(workload), translateSidecar(world, workload));
  }
  const router = ingressGateway(world);
  if (router) istio.set(workloadKey(router), translateGateway(world, router));
  return {
    resources,
    world,
    pods: podsOf(world, extra),
    gateway: router && gatewayPod(router),
    gatewayPorts: router ? gatewayPorts(istio.get(workloadKey(router))?.listeners ?? []) : [],
    istio,
  };
}

/** Names of all ports that a plan needs; see portKeys of pods.ts. */
export function portsOf(plan: Plan): string[] {
  const { gateway } = plan;
  return [
    ...plan.pods.flatMap(({ id, sidecar, appPorts, inboundPorts, outbound }) => [
      ...appPorts.map((port) => portKeys.app(id, port)),
      ...(sidecar ? inboundPorts : []).map((port) => portKeys.inbound(id, port)),
      ...outbound.map(({ authority }) => portKeys.outbound(id, authority)),
    ]),
    ...(gateway ? plan.gatewayPorts.map((port) => portKeys.gateway(gateway.id, port)) : []),
  ];
}

/** Pods of a plan that have an Envoy: injected ones and the gateway. */
export function proxiesOf(plan: Plan): Pod[] {
  return [...plan.pods.filter(({ sidecar }) => sidecar), ...(plan.gateway ? [plan.gateway] : [])];
}

/** What {@link localConfigs} needs beside the plan. */
export interface LocalSurroundings {
  port(key: string): number;
  isReady(podId: string): boolean;
  log(pod: Pod): AccessLogTarget;
}

/** What each Envoy of a plan gets by discovery, but for secrets, by node id. Throws `unsupported` for calls off this machine. */
export function localConfigs(plan: Plan, around: LocalSurroundings): Map<string, ProxyConfig> {
  const addresses = createAddressBook(plan.world);
  const byIp = new Map(plan.pods.map((pod) => [pod.ip, pod]));
  const common: Omit<LocaliseInput, 'config' | 'pod' | 'log'> = {
    port: around.port,
    replicaAt: (ip, port) => {
      const pod = byIp.get(ip);
      return pod?.appPorts.includes(port) ? backend(pod, port, around) : undefined;
    },
    backends: (service, port) =>
      backendsOf(plan.world, plan.pods, service, port).map(({ pod, targetPort }) =>
        backend(pod, targetPort, around),
      ),
    clusterIp: (service) => addresses.clusterIp(service),
    podIps: (service, one) => {
      const workloads = workloadsOf(plan.world, service);
      return plan.pods
        .filter(({ workload, name }) => workloads.includes(workload) && name === (one ?? name))
        .map(({ ip }) => ip);
    },
  };
  return new Map(
    proxiesOf(plan).flatMap((pod) => {
      const config = plan.istio.get(workloadKey(pod.workload));
      if (!config) return [];
      const input: LocaliseInput = { ...common, config, pod, log: around.log(pod) };
      return [[pod.id, pod === plan.gateway ? localiseGateway(input) : localiseSidecar(input)]];
    }),
  );
}

function gatewayPod(workload: Workload): Pod {
  return {
    id: `${workload.name}-0.${workload.namespace}`,
    name: `${workload.name}-0`,
    replica: { workload, index: 0, podName: `${workload.name}-0` },
    workload,
    ip: '',
    sidecar: true,
    appPorts: [],
    inboundPorts: [],
    outbound: [],
  };
}

function backend(pod: Pod, port: number, around: LocalSurroundings): Backend {
  const behindSidecar = pod.sidecar && pod.inboundPorts.includes(port);
  const key = behindSidecar ? portKeys.inbound(pod.id, port) : portKeys.app(pod.id, port);
  return {
    pod: pod.name,
    port: around.port(key),
    ready: around.isReady(pod.id),
    sidecar: behindSidecar,
  };
}
