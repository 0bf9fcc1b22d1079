import type { ServicePolicy } from './kit/policy.ts';

/** Two replicas: a bad one is left out for ten seconds; half a minute would be long for a laptop's experiment. */
export const usersPolicy: ServicePolicy = {
  connectionPool: {
    connectTimeoutMs: 1000,
    maxConnections: 128,
    maxPendingRequests: 128,
    maxRequests: 256,
  },
  outlierDetection: {
    consecutiveGatewayErrors: 5,
    intervalMs: 5000,
    baseEjectionTimeMs: 10_000,
  },
};
