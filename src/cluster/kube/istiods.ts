import { WindtunnelError } from '../../errors.ts';
import type { Kube } from './client.ts';
import { kubeError } from './errors.ts';

/** An istiod that runs. */
export interface Istiod {
  namespace: string;
  pod: string;
  /** Istio's revision: `default`, unless it was installed beside another one. */
  revision: string;
}

/** Every istiod that runs in the cluster, in whichever namespace. Throws `unreachable`, `preflight` when the user may not ask. */
export async function findIstiods(kube: Pick<Kube, 'core'>): Promise<Istiod[]> {
  const { items } = await kube.core
    .listPodForAllNamespaces({ labelSelector: 'app=istiod' })
    .catch((thrown: unknown) => {
      throw kubeError(thrown, 'cannot look for istiod');
    });
  return items.flatMap(({ metadata, status }) => {
    const { name, namespace, labels, deletionTimestamp } = metadata ?? {};
    const runs = status?.phase === 'Running' && deletionTimestamp === undefined;
    if (!runs || name === undefined || namespace === undefined) return [];
    return [{ namespace, pod: name, revision: labels?.['istio.io/rev'] ?? 'default' }];
  });
}

/** The same, for what cannot be done without one: throws `preflight` when there is none. */
export async function needIstiods(kube: Pick<Kube, 'core' | 'context'>): Promise<Istiod[]> {
  const found = await findIstiods(kube);
  if (found.length > 0) return found;
  throw new WindtunnelError('preflight', `no istiod runs in the cluster of ${kube.context}`, {
    next: 'Install Istio there (istioctl install -f istio/install.yaml), or let windtunnel up --target kind do it.',
  });
}
