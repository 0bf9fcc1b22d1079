import type { Resource } from '../../manifests/world.ts';

/** One process of an instance, as `windtunnel status` shows it. */
export interface ProcessStatus {
  kind: 'service' | 'sidecar' | 'gateway' | 'control';
  /** Pod name, e.g. `users-0`. */
  pod: string;
  workload: string;
  namespace: string;
  pid: number;
  state: 'starting' | 'ready' | 'unready' | 'stopped' | 'failed';
  /** Ports on 127.0.0.1 by role, e.g. `{ app: 23001, inbound:8080: 23002, outbound:users:8080: 23003 }`. */
  ports: Record<string, number>;
  /** Where its output goes. */
  logFile: string;
  restarts: number;
}

/** A place where traffic enters the mesh as one workload: the sidecar's outbound listener for `host`. */
export interface Entry {
  address: '127.0.0.1';
  port: number;
  /** What callers would write, e.g. `users:8080`. */
  authority: string;
}

/** One line of a sidecar's access log; one a request on the caller's side, one an attempt on the callee's. */
export interface AccessLogEntry {
  /** ISO time at which the request began. */
  time: string;
  pod: string;
  workload: string;
  direction: 'outbound' | 'inbound' | 'gateway';
  requestId: string | null;
  /** Trace id of the `traceparent` header: the same on every hop, also behind a gateway, which gives a request id of its own. */
  traceId: string | null;
  method: string | null;
  path: string | null;
  authority: string | null;
  /** HTTP status sent downstream. */
  status: number;
  /** Value of `grpc-status`, null when the call is not gRPC. */
  grpcStatus: number | null;
  /** Envoy's response flags, e.g. `URX,UF`; `-` for none. */
  flags: string;
  details: string | null;
  /** How many upstream attempts this proxy made; 0 when it answered itself. */
  attempts: number;
  /** `x-envoy-attempt-count` as this proxy received it: which attempt of the caller this is. */
  attemptHeader: number | null;
  upstreamCluster: string | null;
  upstreamHost: string | null;
  durationMs: number;
  /** SPIFFE id of the verified caller (inbound). */
  peer: string | null;
  transportFailure: string | null;
}

/** What names a resource: as in its manifest. */
export interface ResourceName {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
}

/** What an `apply` or a `revert` did. */
export interface ChangeReport {
  /** `KIND NAMESPACE/NAME` of what differs now. */
  changed: string[];
  /** What was done with each resource that was given, or found, by `KIND NAMESPACE/NAME`. */
  actions?: Record<string, 'created' | 'configured' | 'unchanged' | 'deleted' | 'not found'>;
  /** Sidecars that acknowledged the new configuration. */
  proxies: number;
  /** From the request to the last acknowledgement. */
  enforcedMs: number;
}

/** The state of a whole instance. */
export interface InstanceStatus {
  name: string;
  pid: number;
  startedAt: string;
  folder: string;
  manifests: string[];
  /** How many resources were applied over the manifests, by owner. */
  applied: Record<string, string[]>;
  /** The last configuration that could not be translated, if it still stands. */
  configError: string | null;
  entry: { address: string; port: number } | null;
  processes: ProcessStatus[];
}

/** What a running instance offers, in process and over its control port alike. */
export interface MeshControl {
  status(): Promise<InstanceStatus>;
  /** Names of all resources that stand now: the manifests' and what was applied over them. */
  resources(): Promise<ResourceName[]>;
  /**
   * Lays resources over the manifests, as `kubectl apply` would; resolves when every sidecar enforces them.
   * With `leaseMs`, all that `owner` applied is reverted that long after the last `apply` or `renew`: what an
   * experiment changed must not outlive it, however it ends.
   */
  apply(owner: string, resources: Resource[], leaseMs?: number): Promise<ChangeReport>;
  /** Extends the lease of `owner`; false when there is none, or it has run out. */
  renew(owner: string, leaseMs: number): Promise<boolean>;
  /** Takes resources away, applied ones and the manifests' own alike, as `kubectl delete` would; `revert` brings them back. */
  remove(owner: string, resources: ResourceName[]): Promise<ChangeReport>;
  /** Takes away all that `owner` applied, restoring the manifests' own; nothing to do is success. */
  revert(owner: string): Promise<ChangeReport>;
  /** The outbound listener of `workload` (`NAME` or `NAME.NAMESPACE`) for `authority` (`users:8080`); opened when it isn't there yet. */
  entry(workload: string, authority: string): Promise<Entry>;
  /** Envoy's counters and gauges of all replicas of a workload, summed, whose name matches `filter` (RE2 as Envoy's /stats takes it). */
  counters(workload: string, filter: string): Promise<Record<string, number>>;
  /** Access log lines that were written since `mark` (0: all; beyond the end: none), after a flush; and the mark for the next call. */
  accessLog(workload: string, mark: number): Promise<{ entries: AccessLogEntry[]; mark: number }>;
  /** Sends a signal to one replica's service process; it is started again unless the instance stops. */
  kill(pod: string, signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Ends the instance: services, sidecars, itself. */
  shutdown(): Promise<void>;
}
