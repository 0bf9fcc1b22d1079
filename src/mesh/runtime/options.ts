import type { ChangeReport } from '../../target/target.ts';
import type { ImageMap } from '../containers/images.ts';
import type { PortAllocator } from '../ports.ts';
import type { Guard } from '../processes/guard.ts';
import type { SecretStore } from '../certificates/secrets.ts';
import type { AdsServer } from '../xds/ads-server.ts';
import type { ResourceEncoder } from '../xds/resources.ts';
import type { Layers } from './layers.ts';
import type { Plan } from './plan.ts';
import type { PodRuntime } from './pod.ts';

/** What a runtime works with. */
export interface RuntimeOptions {
  folder: string;
  logsFolder: string;
  socketFolder: string;
  projectDir: string;
  env: Record<string, string | undefined>;
  envoyPath: string;
  images: ImageMap;
  ports: PortAllocator;
  /** Port of the gateway's first listener, where one was asked for. */
  entryPort: number | undefined;
  ads: AdsServer;
  encoder: ResourceEncoder;
  secrets: SecretStore;
  guard: Guard;
  processesChanged(): void;
  /** Told what went wrong with a pod that nobody waits for. */
  podFailed(message: string): void;
}

/** How a start goes on. */
export interface StartOptions {
  timeoutMs: number;
  signal: AbortSignal;
  /** Told whenever another pod is ready. */
  progress(ready: number, of: number): void;
}

/** Everything that runs for an instance: pods and their configuration, changed as one. */
export interface Runtime {
  plan(): Plan;
  layers(): Layers;
  pods(): PodRuntime[];
  /**
   * Puts other resources into force: every proxy acknowledges before it resolves; pods that came, went or changed follow
   * without being waited for. On any error everything stays as it was, and the error is thrown.
   */
  change(next: (layers: Layers) => Layers): Promise<ChangeReport>;
  /** Opens a listener for an authority at a workload's sidecars. */
  open(workload: string, authority: string): Promise<void>;
  /** Sends proxies the certificates of now. */
  refreshSecrets(): Promise<void>;
  /** Loopback port of a name of portKeys; undefined when it has none. */
  port(key: string): number | undefined;
  /** The access log of one pod's proxy. */
  accessLogFile(podId: string): string;
  /** Starts the first pods and resolves when all are ready. */
  start(options: StartOptions): Promise<void>;
  stop(): Promise<void>;
}
