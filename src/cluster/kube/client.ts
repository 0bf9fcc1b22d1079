import {
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
} from '@kubernetes/client-node';
import { WindtunnelError } from '../../errors.ts';

/** Clients of one cluster. */
export interface Kube {
  /** Name of the kubeconfig context. */
  context: string;
  config: KubeConfig;
  core: CoreV1Api;
  apps: AppsV1Api;
  batch: BatchV1Api;
  /** Any kind, by apiVersion and kind. */
  objects: KubernetesObjectApi;
}

/** Where the kubeconfig comes from. */
export type KubeSource =
  /** `KUBECONFIG` or `~/.kube/config`, as kubectl reads it. */
  { type: 'default'; context?: string } | { type: 'text'; kubeconfig: string };

/** Reads a kubeconfig and makes its clients; nothing is sent yet. Throws `unreachable` when it names no cluster. */
export function openKube(source: KubeSource): Kube {
  const config = new KubeConfig();
  try {
    if (source.type === 'text') config.loadFromString(source.kubeconfig);
    else config.loadFromDefault();
    if (source.type === 'default' && source.context !== undefined) {
      config.setCurrentContext(source.context);
    }
  } catch (cause) {
    throw new WindtunnelError('unreachable', `the kubeconfig cannot be read: ${String(cause)}`, {
      cause,
      next: 'Check KUBECONFIG, or the file ~/.kube/config.',
    });
  }
  const context = config.getCurrentContext();
  if (config.getCurrentCluster() === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new WindtunnelError('unreachable', `the kubeconfig has no context '${context}'`, {
      next:
        known.length === 0
          ? 'Set KUBECONFIG, or bring a cluster up: windtunnel up --target kind'
          : `kubectl config use-context NAME; there are ${known.join(', ')}`,
    });
  }
  return {
    context,
    config,
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
    batch: config.makeApiClient(BatchV1Api),
    objects: KubernetesObjectApi.makeApiClient(config),
  };
}
