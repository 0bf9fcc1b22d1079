import type { IPeerAuthentication } from '@kubernetes-models/istio/security.istio.io/v1/PeerAuthentication';
import type { Topology } from '../../src/topology/model.ts';
import { metadataOf } from './resource.ts';

/** Every workload of the namespace takes mutual TLS only. */
export function strictPeerAuthentication(topology: Topology): IPeerAuthentication {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: metadataOf(topology.namespace, 'default'),
    spec: { mtls: { mode: 'STRICT' } },
  };
}
