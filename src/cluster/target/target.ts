import type { Target } from '../../target/target.ts';
import { cliImage } from '../images/catalogue.ts';
import type { Kube } from '../kube/client.ts';
import { createAccessLogs } from './access-log.ts';
import { createEnvoyAdmin } from './admin.ts';
import { readCounters } from './counters.ts';
import { createEntries } from './entry.ts';
import { createIngress, type MappedPort } from './ingress.ts';
import { killByDeletion, killOnNode, type NodeRunner } from './kill.ts';
import { createOutside } from './outside.ts';
import { createPodView, workloadNamed } from './pods.ts';
import { createRelays } from './relays.ts';

/** What a cluster does with resources: applies them for an owner, leased, and takes them away again. */
export type ClusterChanges = Pick<Target, 'apply' | 'renew' | 'revert' | 'owners'>;

/** What {@link clusterTarget} needs. */
export interface ClusterTargetOptions {
  kube: Kube;
  name: 'kind' | 'current';
  /** Of the services. */
  namespace: string;
  /** An image with `node` that is on the nodes: for what has to run outside the mesh. */
  image: string;
  changes: ClusterChanges;
  /** A node port that leads in from 127.0.0.1. */
  mapped?: MappedPort;
  /** Runs a command on a node; without it, a pod can only be deleted. */
  runOnNode?: NodeRunner;
  /** Aborted on Ctrl-C: what waits for the cluster stops waiting. What was made is taken away by `close`. */
  signal: AbortSignal;
  /** Hears what goes wrong where no call is there to fail: why a connection was reset. */
  note(text: string): void;
}

/** A cluster with Istio as a {@link Target}. Pods may be replaced while it is open. */
export function clusterTarget(options: ClusterTargetOptions): Target {
  const { kube, name, namespace, image, changes, mapped, runOnNode, signal, note } = options;
  const view = createPodView(kube, namespace);
  const admin = createEnvoyAdmin(kube);
  const logs = createAccessLogs(kube, view, admin);
  const relays = createRelays(kube);
  const onProblem = (reason: string): void => note(`  ! ${reason}`);
  const entries = createEntries(view, relays, onProblem);
  const ingress = createIngress({ kube, view, namespace, mapped, onProblem });
  const outside = createOutside({ kube, namespace, image, signal });
  const { apply, renew, revert, owners } = changes;
  return {
    name,
    changesReachOpenConnections: false,
    apply,
    renew,
    revert,
    owners,
    async workloads() {
      const all = await view.workloads(1000);
      return all.map((workload) => `${workload.name}.${workload.namespace}`);
    },
    ingress: ingress.open,
    async entry(workload, authority) {
      const { gateway } = workloadNamed(await view.workloads(1000), workload);
      const entry = gateway ? await ingress.open() : null;
      return entry === null ? entries.open(workload, authority) : { ...entry, authority };
    },
    async startLoad(workload, { tell, signal }) {
      const { name: caller, namespace: at } = workloadNamed(await view.workloads(1000), workload);
      const { startLoad } = await import('../load/start.ts');
      const load = { kube, namespace: at, caller, image: cliImage.name, tell };
      return startLoad({ ...load, ...(signal && { signal }) });
    },
    counters: (workload, filter) => readCounters(view, admin, workload, filter),
    accessLog: logs.read,
    kill: runOnNode === undefined ? killByDeletion(kube, view) : killOnNode(view, runOnNode),
    plaintext: outside.ask,
    async close() {
      logs.close();
      admin.close();
      await Promise.all([entries.close(), ingress.close(), relays.close(), outside.close()]);
    },
  };
}
