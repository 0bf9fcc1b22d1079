import type { ServicePolicy } from './kit/policy.ts';

/** The scarcest callee: few calls at once, the rest is refused at once rather than queued. */
export const paymentsPolicy: ServicePolicy = {
  connectionPool: {
    connectTimeoutMs: 1000,
    maxConnections: 16,
    maxPendingRequests: 32,
    maxRequests: 64,
  },
};
