import type { ChangeReport, ResourceName, Target } from '../../target/target.ts';

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
export interface MeshControl
  extends Pick<Target, 'apply' | 'renew' | 'revert' | 'entry' | 'counters' | 'accessLog' | 'kill'> {
  status(): Promise<InstanceStatus>;
  /** Names of all resources that stand now: the manifests' and what was applied over them. */
  resources(): Promise<ResourceName[]>;
  /** Takes resources away, applied ones and the manifests' own alike, as `kubectl delete` would; `revert` brings them back. */
  remove(owner: string, resources: ResourceName[]): Promise<ChangeReport>;
  /** Ends the instance: services, sidecars, itself. */
  shutdown(): Promise<void>;
}
