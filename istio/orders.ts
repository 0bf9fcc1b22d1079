import type { ServicePolicy } from './kit/policy.ts';

/** One replica: nothing can be ejected, so there is no outlier detection. */
export const ordersPolicy: ServicePolicy = {
  connectionPool: {
    connectTimeoutMs: 1000,
    maxConnections: 128,
    maxPendingRequests: 128,
    maxRequests: 256,
  },
};
