import type { AgentLink } from '../load/agent/link.ts';
import type { Resource } from '../manifests/world.ts';
import type { AccessLogEntry } from './access-log.ts';
import type { PlainAnswer } from './plaintext.ts';

/** A place where traffic enters the mesh as one workload: the sidecar's outbound listener for `host`. */
export interface Entry {
  address: '127.0.0.1';
  port: number;
  /** What callers would write, e.g. `users:8080`. */
  authority: string;
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

/** The signals that {@link Target.kill} sends. */
export type KillSignal = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT';

/** As `--target` names the places where a system runs. */
export const targetNames = ['local', 'kind', 'current'] as const;

/** One of {@link targetNames}. */
export type TargetName = (typeof targetNames)[number];

/**
 * Where the system runs: the local mesh, or a cluster with Istio. Calls, proofs and experiments are written once against
 * this, and do the same in both.
 */
export interface Target {
  readonly name: TargetName;
  /**
   * Whether a change of a route reaches connections that are open already. The local mesh serves inbound routes apart from
   * their listener; Istio puts them into it, and an open connection then ends with the first request after the change,
   * which is still served the old way.
   */
  readonly changesReachOpenConnections: boolean;
  /**
   * Lays resources over the manifests, as `kubectl apply` would; resolves when every sidecar enforces them.
   * With `leaseMs`, all that `owner` applied is reverted that long after the last `apply` or `renew`: what an
   * experiment changed must not outlive it, however it ends.
   */
  apply(owner: string, resources: Resource[], leaseMs?: number): Promise<ChangeReport>;
  /** Extends the lease of `owner`; false when there is none, or it has run out. */
  renew(owner: string, leaseMs: number): Promise<boolean>;
  /** Takes away all that `owner` applied, restoring what stood before; nothing to do is success. */
  revert(owner: string): Promise<ChangeReport>;
  /** Everyone who has applied something that still stands. */
  owners(): Promise<string[]>;
  /** `NAME.NAMESPACE` of every workload behind a sidecar, gateways included. */
  workloads(): Promise<string[]>;
  /** Where requests from outside the mesh come in; null when no Gateway lets any in. */
  ingress(): Promise<Entry | null>;
  /** A place where requests enter the mesh as `workload` (`NAME` or `NAME.NAMESPACE`), through its own sidecar, to `authority` (`users:8080`). */
  entry(workload: string, authority: string): Promise<Entry>;
  /**
   * Starts the load agent in the cluster, behind a sidecar of its own, with the identity and the labels of `workload`: what
   * it sends to `users:8080` enters the mesh as a replica of that workload would send it, and is in its `counters`.
   * Not there where processes of this machine are in the mesh themselves: `entry` is all that they need.
   */
  startLoad?(
    workload: string,
    options: { tell(text: string): void; signal?: AbortSignal },
  ): Promise<AgentLink>;
  /** Envoy's counters and gauges of all replicas of a workload, summed, whose name matches `filter` (RE2 as Envoy's /stats takes it). */
  counters(workload: string, filter: string): Promise<Record<string, number>>;
  /** Access log lines that were written since `mark` (0: all that is kept; beyond the end: none), after a flush; and the mark for the next call. */
  accessLog(workload: string, mark: number): Promise<{ entries: AccessLogEntry[]; mark: number }>;
  /** Sends a signal to one replica's service process; it is started again unless the system stops. */
  kill(pod: string, signal: KillSignal): Promise<void>;
  /** Sends plaintext to `authority` (`users:8080`) from where nothing has an identity: past the mesh, without a sidecar. */
  plaintext(authority: string): Promise<PlainAnswer>;
  /** Lets go of connections; what was applied stays. */
  close(): Promise<void>;
}
