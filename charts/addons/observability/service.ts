import type { IService } from 'kubernetes-models/v1/Service';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { addonMetadata } from './workload.ts';

/** A Service of the addon: port name → port. */
export function serviceOf(name: string, ports: Record<string, number>): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: addonMetadata(name),
    spec: {
      selector: { app: name },
      ports: Object.entries(ports).map(([portName, port]) => ({
        name: portName,
        port,
        targetPort: port,
        // Sidecars that send here must not have to guess the protocol.
        appProtocol: 'http',
      })),
    },
  };
}

/** Pods that may open connections: by namespace, and by the label `app` unless any pod may. */
export interface AllowedCaller {
  namespace: string;
  app?: string;
}

/** Lets callers in at a port, and nobody else at all. A port-forward needs no rule: it comes from the pod's own node. */
export function ingressPolicy(
  name: string,
  rules: readonly { port: number; from: readonly AllowedCaller[] }[],
): INetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: addonMetadata(name),
    spec: {
      podSelector: { matchLabels: { app: name } },
      policyTypes: ['Ingress'],
      ingress: rules.map(({ port, from }) => ({
        ports: [{ port, protocol: 'TCP' }],
        from: from.map(({ namespace, app }) => ({
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          ...(app !== undefined && { podSelector: { matchLabels: { app } } }),
        })),
      })),
    },
  };
}
