import type { ISidecar } from '@kubernetes-models/istio/networking.istio.io/v1/Sidecar';
import { sidecarHosts } from '../../src/topology/derive.ts';
import type { Topology } from '../../src/topology/model.ts';
import { metadataOf } from './resource.ts';

/** What a workload's sidecar knows of the mesh: the services it calls, the collector of traces, and nothing else. */
export function sidecarFor(topology: Topology, service: string): ISidecar {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: metadataOf(topology.namespace, service),
    spec: {
      workloadSelector: { labels: { app: service } },
      egress: [{ hosts: sidecarHosts(topology, service) }],
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
    },
  };
}
