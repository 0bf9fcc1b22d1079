import type { V1Deployment, V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { compareText } from '../../compare-text.ts';
import { WindtunnelError } from '../../errors.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError, statusOf } from '../kube/errors.ts';
import { sidecarContainer } from '../labels.ts';

/** A pod behind a sidecar, or without one. */
export interface ClusterPod {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  node: string;
  /** The container of the service itself: the first that is not Istio's. */
  container: string;
  /** `containerd://ID` of it, while it runs. */
  containerId: string | undefined;
  sidecar: boolean;
  /** Of its sidecar, while that runs; another one when it was started again. */
  sidecarId: string | undefined;
  ready: boolean;
  terminating: boolean;
}

/** Replicas of one Deployment or StatefulSet, and whatever else carries its labels, such as a load Job of that caller. */
export interface ClusterWorkload {
  name: string;
  namespace: string;
  gateway: boolean;
  pods: ClusterPod[];
}

/** What stands in the cluster, as of a moment ago. */
export interface PodView {
  /** Workloads of the namespace and the gateways that serve it; no older than `maxAgeMs`. Throws `unreachable`, `preflight`. */
  workloads(maxAgeMs: number): Promise<ClusterWorkload[]>;
}

/** What is known of a pod. */
export function readPod(pod: V1Pod): ClusterPod {
  const { spec, status, metadata } = pod;
  const containers = spec?.containers ?? [];
  // A native sidecar is an init container that goes on.
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const container = containers.find(({ name }) => name !== sidecarContainer)?.name ?? '';
  const all = [...containers, ...(spec?.initContainers ?? [])];
  const own = statuses.find(({ name }) => name === container);
  const sidecar = statuses.find(({ name }) => name === sidecarContainer);
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    labels: metadata?.labels ?? {},
    node: spec?.nodeName ?? '',
    container,
    containerId: own?.state?.running === undefined ? undefined : own.containerID,
    sidecar: all.some(({ name }) => name === sidecarContainer),
    ready:
      status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ??
      false,
    sidecarId: sidecar?.state?.running === undefined ? undefined : sidecar.containerID,
    terminating: metadata?.deletionTimestamp !== undefined,
  };
}

/** Whether labels meet a selector of labels. */
export function selects(selector: Record<string, string>, labels: Record<string, string>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** A Deployment or StatefulSet: a name, and which pods are its own. */
interface Controller {
  name: string;
  namespace: string;
  selector: Record<string, string>;
}

/** Puts pods to their workloads; a workload without a sidecar in any of its pods is left out. */
export function groupPods(
  controllers: Controller[],
  pods: ClusterPod[],
  gatewaySelectors: Record<string, string>[],
  namespace: string,
): ClusterWorkload[] {
  return controllers
    .map(({ name, namespace: at, selector }) => {
      const own = pods.filter((pod) => pod.namespace === at && selects(selector, pod.labels));
      const gateway = own.some((pod) =>
        gatewaySelectors.some((wanted) => selects(wanted, pod.labels)),
      );
      return { name, namespace: at, gateway, pods: own };
    })
    .filter(({ namespace: at, gateway }) => at === namespace || gateway)
    .filter(({ pods }) => pods.some(({ sidecar }) => sidecar));
}

/** The workload `NAME` or `NAME.NAMESPACE`. Throws `unknown-reference`, listing what there is. */
export function workloadNamed(workloads: ClusterWorkload[], wanted: string): ClusterWorkload {
  const found = workloads.filter(
    ({ name, namespace }) => wanted === name || wanted === `${name}.${namespace}`,
  );
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const keys = (list: ClusterWorkload[]): string =>
    list.map(({ name, namespace }) => `${name}.${namespace}`).join(', ') || 'none';
  if (first !== undefined) {
    throw new WindtunnelError(
      'unknown-reference',
      `${wanted} is in several namespaces: ${keys(found)}`,
      {
        next: 'write NAME.NAMESPACE',
      },
    );
  }
  throw new WindtunnelError(
    'unknown-reference',
    `there is no workload ${wanted} behind a sidecar; there are ${keys(workloads)}`,
    { next: 'Name one of them, or see why it has none: kubectl get pods -A' },
  );
}

/** Controllers and gateways change seldom; pods are asked for each time. */
const controllersAgeMs = 10_000;

/** Makes a {@link PodView} of one namespace and the gateways that its Gateway resources select. */
export function createPodView(
  kube: Kube,
  namespace: string,
  nowMs: () => number = () => performance.now(),
): PodView {
  const gateways = cached(() => gatewaySelectors(kube, namespace), nowMs);
  const controllers = cached(async () => {
    const selectors = await gateways(controllersAgeMs);
    const inAll = selectors.length > 0;
    return listControllers(kube, inAll ? undefined : namespace);
  }, nowMs);
  const workloads = cached(async () => {
    const [known, selectors] = await Promise.all([
      controllers(controllersAgeMs),
      gateways(controllersAgeMs),
    ]);
    const lists = await Promise.all([
      kube.core.listNamespacedPod({ namespace }),
      ...selectors.map((selector) =>
        kube.core.listPodForAllNamespaces({
          labelSelector: Object.entries(selector)
            .map(([key, value]) => `${key}=${value}`)
            .join(','),
        }),
      ),
    ]);
    const pods = lists.flatMap(({ items }) => items).map(readPod);
    return groupPods(known, pods.filter(isFirst), selectors, namespace);
  }, nowMs);
  return {
    workloads: (maxAgeMs) =>
      workloads(maxAgeMs).catch((thrown: unknown) => {
        throw kubeError(thrown, `looking for the pods of namespace ${namespace}`);
      }),
  };
}

const isFirst = (pod: ClusterPod, index: number, all: ClusterPod[]): boolean =>
  all.findIndex(({ name, namespace }) => name === pod.name && namespace === pod.namespace) ===
  index;

/** Remembers what `load` found; those who ask meanwhile share one answer. */
function cached<T>(load: () => Promise<T>, nowMs: () => number): (maxAgeMs: number) => Promise<T> {
  let startedMs = Number.NEGATIVE_INFINITY;
  let value: Promise<T> | undefined;
  return (maxAgeMs) => {
    if (value === undefined || nowMs() - startedMs > maxAgeMs) {
      startedMs = nowMs();
      value = load();
      const mine = value;
      // A failure is not kept.
      mine.catch(() => {
        if (value === mine) value = undefined;
      });
    }
    return value;
  };
}

async function gatewaySelectors(kube: Kube, namespace: string): Promise<Record<string, string>[]> {
  const kind = { apiVersion: 'networking.istio.io/v1', kind: 'Gateway' } as const;
  try {
    const { items } = await kube.objects.list(kind.apiVersion, kind.kind, namespace);
    const specs = items as { spec?: { selector?: Record<string, string> } }[];
    const selectors = specs.flatMap(({ spec }) => (spec?.selector ? [spec.selector] : []));
    const texts = new Map(selectors.map((selector) => [JSON.stringify(selector), selector]));
    return [...texts].sort(([a], [b]) => compareText(a, b)).map(([, selector]) => selector);
  } catch (thrown) {
    const missing = statusOf(thrown) === 404 || /Unrecognized API version/.test(String(thrown));
    if (missing) return [];
    throw thrown;
  }
}

async function listControllers(kube: Kube, namespace: string | undefined): Promise<Controller[]> {
  const { apps } = kube;
  const lists: { items: (V1Deployment | V1StatefulSet)[] }[] = await Promise.all(
    namespace === undefined
      ? [apps.listDeploymentForAllNamespaces(), apps.listStatefulSetForAllNamespaces()]
      : [
          apps.listNamespacedDeployment({ namespace }),
          apps.listNamespacedStatefulSet({ namespace }),
        ],
  );
  return lists
    .flatMap(({ items }) => items)
    .map(({ metadata, spec }) => ({
      name: metadata?.name ?? '',
      namespace: metadata?.namespace ?? '',
      selector: spec?.selector.matchLabels ?? {},
    }));
}
