import type { ServicePolicy } from './kit/policy.ts';

/** gRPC: one connection carries everything, so the bound is on requests; watchers hold one each. */
export const inventoryPolicy: ServicePolicy = {
  connectionPool: {
    connectTimeoutMs: 1000,
    maxConnections: 16,
    maxPendingRequests: 128,
    maxRequests: 512,
  },
};
