import type { IGateway } from '@kubernetes-models/istio/networking.istio.io/v1/Gateway';
import type { Topology } from '../../src/topology/model.ts';
import { metadataOf } from './resource.ts';

/** The way in: Istio's ingress gateway takes plain HTTP on port 80 for the entry service. */
export function gatewayFor(topology: Topology): IGateway {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: metadataOf(topology.namespace, topology.entry.service),
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [
        {
          port: { number: 80, name: 'http', protocol: 'HTTP' },
          hosts: topology.entry.hosts,
        },
      ],
    },
  };
}
