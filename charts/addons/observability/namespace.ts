import type { ResourceBody } from '../../../istio/kit/resource.ts';
import { observability } from '../../../src/topology/observability.ts';

/** The addon's namespace: no sidecars, and only pods that meet the `restricted` pod security standard. */
export function namespaceAddon(): ResourceBody[] {
  const metadata = {
    name: observability.namespace,
    labels: {
      'app.kubernetes.io/managed-by': 'windtunnel',
      'istio-injection': 'disabled',
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    },
  };
  return [{ apiVersion: 'v1', kind: 'Namespace', metadata }];
}
