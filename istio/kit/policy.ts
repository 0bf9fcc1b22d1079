/**
 * What the mesh does for one service beside what its edges say: the numbers that depend on what the service can carry.
 * Deadlines, retries and budgets are the edges' and stand in `services/topology.ts`.
 */
export interface ServicePolicy {
  /** Bounds of each caller's connections to the service; more is refused at once with response flag `UO`. */
  connectionPool: {
    connectTimeoutMs: number;
    /** HTTP/1.1 connections (HTTP/2 needs one). */
    maxConnections: number;
    /** Requests that wait for a connection. */
    maxPendingRequests: number;
    /** Requests under way. */
    maxRequests: number;
  };
  /** When a replica is left out for a while; needs two replicas, as the last one must not be ejected. */
  outlierDetection?: {
    consecutiveGatewayErrors: number;
    intervalMs: number;
    baseEjectionTimeMs: number;
  };
}
