import type { MeshService, ServicePort } from '../../manifests/world.ts';
import type { EnvoyConfig } from '../../translate/envoy.ts';
import type { Pod } from '../pods.ts';
import type { AccessLogTarget } from './access-log-format.ts';

/** A replica that a Service's port leads to, as a peer on this machine reaches it. */
export interface Backend {
  /** Name of the replica's pod. */
  pod: string;
  /** On 127.0.0.1: the sidecar's inbound listener, or the process where there is no sidecar. */
  port: number;
  ready: boolean;
  sidecar: boolean;
}

/** All that {@link localise} reads; pure data and look-ups. */
export interface LocaliseInput {
  /** What istiod would send. */
  config: EnvoyConfig;
  pod: Pod;
  /** Loopback port of `key`; see portKeys of pods.ts. */
  port(key: string): number;
  /** The replica with this synthetic address and port; undefined when the address is none of ours. */
  replicaAt(ip: string, port: number): Backend | undefined;
  /** Replicas behind a Service's port. */
  backends(service: MeshService, port: ServicePort): Backend[];
  clusterIp(service: MeshService): string | undefined;
  /** Synthetic addresses of the replicas behind a Service; of one when `pod` is given. */
  podIps(service: MeshService, pod?: string): string[];
  log: AccessLogTarget;
}
