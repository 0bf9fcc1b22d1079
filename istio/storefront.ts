import type { Construct } from 'constructs';
import type { Topology } from '../src/topology/model.ts';
import { gatewayFor } from './kit/gateway.ts';
import type { ServicePolicy } from './kit/policy.ts';
import { addResource } from './kit/resource.ts';

/** Called by the ingress gateway only: its bounds are what the whole shop takes in at once. */
export const storefrontPolicy: ServicePolicy = {
  connectionPool: {
    connectTimeoutMs: 1000,
    maxConnections: 256,
    maxPendingRequests: 256,
    maxRequests: 512,
  },
};

/** Adds the way in. */
export function addStorefrontGateway(scope: Construct, topology: Topology): void {
  addResource(scope, gatewayFor(topology));
}
