import type { V1Pod } from '@kubernetes/client-node';
import { WindtunnelError } from '../../errors.ts';
import { observability } from '../../topology/observability.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError } from '../kube/errors.ts';
import type { DashboardName } from './dashboard-names.ts';
import { forwardPort, type PodPort } from '../kube/port-forward.ts';

/** A page to begin with, of the system in `namespace`. */
const pages: Record<DashboardName, { port: number; path: (namespace: string) => string }> = {
  kiali: {
    port: observability.kiali.port,
    path: (namespace) =>
      `/kiali/console/graph/namespaces/?namespaces=${namespace}&graphType=versionedApp&duration=300&refresh=10000`,
  },
  jaeger: { port: observability.jaeger.queryPort, path: () => '/search?service=storefront' },
  prometheus: { port: observability.prometheus.port, path: () => '/targets' },
};

/** A way to a dashboard, open until it is closed. */
export interface OpenDashboard {
  /** On 127.0.0.1 of this machine. */
  url: string;
  close(): Promise<void>;
}

/** What {@link openDashboard} needs. */
export interface DashboardOptions {
  kube: Kube;
  name: DashboardName;
  /** The system's namespace. */
  namespace: string;
  /** What brings the addon, e.g. `windtunnel up --target kind --observability`. */
  up: string;
  /** Told of connections that failed. */
  onProblem(reason: string): void;
}

/** Forwards a free port of 127.0.0.1 to a dashboard's pod. Throws `not-running` when it is not installed or not ready. */
export async function openDashboard(options: DashboardOptions): Promise<OpenDashboard> {
  const { kube, name, namespace, up, onProblem } = options;
  const { port, path } = pages[name];
  const choose = async (): Promise<PodPort> => ({
    namespace: observability.namespace,
    pod: await readyPod(kube, name, up),
    port,
  });
  // Once before the first connection: a page that can't be opened is an error here, not in a browser.
  await choose();
  const forwarding = await forwardPort(kube, choose, onProblem);
  return { url: `http://127.0.0.1:${forwarding.port}${path(namespace)}`, close: forwarding.close };
}

async function readyPod(kube: Kube, name: DashboardName, up: string): Promise<string> {
  const selector = { namespace: observability.namespace, labelSelector: `app=${name}` };
  const { items } = await kube.core.listNamespacedPod(selector).catch((thrown: unknown) => {
    throw kubeError(thrown, `the pods of ${name} cannot be listed`);
  });
  const ready = items.find(isReady)?.metadata?.name;
  if (ready !== undefined) return ready;
  const where = `in namespace ${observability.namespace} of ${kube.context}`;
  if (items.length === 0) {
    throw new WindtunnelError('not-running', `${name} is not installed ${where}`, {
      next: `${up} installs it, unless it says that its image cannot be had here`,
    });
  }
  throw new WindtunnelError('not-running', `${name} is not ready ${where}`, {
    next: `kubectl -n ${observability.namespace} describe pod -l app=${name}`,
  });
}

function isReady({ metadata, status }: V1Pod): boolean {
  if (metadata?.deletionTimestamp !== undefined) return false;
  return status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
}
