import type { V1Pod, V1Service } from '@kubernetes/client-node';
import type { Entry } from '../../target/target.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError } from '../kube/errors.ts';
import { type LocalListener } from '../kube/local-listener.ts';
import { forwardPort } from '../kube/port-forward.ts';
import { type ClusterPod, type PodView, selects } from './pods.ts';

/** A node port that is mapped to a port of 127.0.0.1, as kind does. */
export interface MappedPort {
  nodePort: number;
  hostPort: number;
}

/** The place where requests from outside come in; see `Target.ingress`. */
export interface Ingress {
  open(): Promise<Entry | null>;
  close(): Promise<void>;
}

/** What {@link createIngress} needs. */
export interface IngressOptions {
  kube: Kube;
  view: PodView;
  namespace: string;
  /** Undefined: this cluster maps none. */
  mapped: MappedPort | undefined;
  onProblem(reason: string): void;
}

/**
 * Which port of the gateway's pod serves `port` of the Gateway, and by which node port, by the Service that selects it.
 * Without one it is the port itself. A target port that is a name is looked up in the pod.
 */
export function gatewayPorts(
  port: number,
  services: V1Service[],
  pod: V1Pod | undefined,
): { targetPort: number; nodePort: number | undefined } {
  const labels = pod?.metadata?.labels ?? {};
  const found = services
    .filter(({ spec }) => selects(spec?.selector ?? {}, labels))
    .flatMap(({ spec }) => spec?.ports ?? [])
    .find((candidate) => candidate.port === port);
  const target = found?.targetPort;
  const named = pod?.spec?.containers
    .flatMap(({ ports = [] }) => ports)
    .find(({ name }) => name === target)?.containerPort;
  const targetPort = typeof target === 'number' ? target : (named ?? port);
  return { targetPort, nodePort: found?.nodePort };
}

/**
 * Makes an {@link Ingress}: the mapped port where the cluster has one that leads to the gateway, else a listener whose
 * connections are forwarded into a pod of the gateway.
 */
export function createIngress(options: IngressOptions): Ingress {
  const { kube, view, namespace, mapped, onProblem } = options;
  let listener: LocalListener | undefined;
  const gatewayPod = async (): Promise<ClusterPod | undefined> => {
    const gateways = (await view.workloads(1000)).filter(({ gateway }) => gateway);
    const pods = gateways.flatMap(({ pods }) => pods);
    return pods.find(({ ready, terminating }) => ready && !terminating) ?? pods[0];
  };
  const open = async (): Promise<Entry | null> => {
    const pod = await gatewayPod();
    const port = await gatewayPort(kube, namespace);
    if (pod === undefined || port === undefined) return null;
    const at = { namespace: pod.namespace, name: pod.name };
    const [services, whole] = await Promise.all([
      kube.core.listNamespacedService({ namespace: pod.namespace }),
      kube.core.readNamespacedPod(at),
    ]);
    const { targetPort, nodePort } = gatewayPorts(port, services.items, whole);
    if (mapped !== undefined && mapped.nodePort === nodePort) return entryAt(mapped.hostPort);
    const choose = async () => {
      const { namespace, name } = (await gatewayPod()) ?? pod;
      return { namespace, pod: name, port: targetPort };
    };
    listener = await forwardPort(kube, choose, (reason) => onProblem(`ingress: ${reason}`));
    return entryAt(listener.port);
  };
  let opened: Promise<Entry | null> | undefined;
  return {
    open: async () => {
      opened ??= open();
      try {
        const entry = await opened;
        // A Gateway may come later.
        if (entry === null) opened = undefined;
        return entry;
      } catch (thrown) {
        opened = undefined;
        throw kubeError(thrown, 'looking for the ingress gateway');
      }
    },
    close: async () => listener?.close(),
  };
}

function entryAt(port: number): Entry {
  return { address: '127.0.0.1', port, authority: `127.0.0.1:${port}` };
}

/** The first HTTP port of the first Gateway. */
async function gatewayPort(kube: Kube, namespace: string): Promise<number | undefined> {
  const { items } = await kube.objects.list('networking.istio.io/v1', 'Gateway', namespace);
  type Gateway = { spec?: { servers?: { port?: { number?: number; protocol?: string } }[] } };
  return (items as Gateway[])
    .flatMap(({ spec }) => spec?.servers ?? [])
    .find(({ port }) => port?.protocol?.startsWith('HTTP') === true && port.protocol !== 'HTTPS')
    ?.port?.number;
}
