import { WindtunnelError } from '../../errors.ts';
import type { Entry } from '../../target/target.ts';
import { type LocalListener, openLocalListener } from '../kube/local-listener.ts';
import { type ClusterPod, type PodView, workloadNamed } from './pods.ts';
import type { RelaySession } from './relay-session.ts';
import type { Relays } from './relays.ts';

/** Places where requests enter the mesh as a workload; see `Target.entry`. */
export interface Entries {
  open(workload: string, authority: string): Promise<Entry>;
  close(): Promise<void>;
}

/** A pod that begins to end gets no new connections after that long. */
const podsAgeMs = 1000;

/** The pod that a workload's connections start in: ready and not about to end, if there is one. */
export function choosePod(pods: ClusterPod[]): ClusterPod | undefined {
  const usable = pods.filter(({ sidecarId, containerId }) => sidecarId && containerId);
  // A load Job carries its caller's labels, and is never ready: it is nobody's entry.
  const own = usable.filter(({ labels }) => labels['batch.kubernetes.io/job-name'] === undefined);
  const rank = ({ ready, terminating }: ClusterPod): number =>
    (ready ? 0 : 2) + (terminating ? 1 : 0);
  return own.sort((a, b) => rank(a) - rank(b))[0];
}

/**
 * Makes {@link Entries}: listeners on 127.0.0.1, whose connections a relay in the workload's own container dials, so that
 * they pass its iptables rules and its sidecar, with its identity. One relay a pod carries all of them; when the pod goes,
 * the next connection starts one in another. `onProblem` hears why a connection was reset.
 */
export function createEntries(
  view: PodView,
  relays: Relays,
  onProblem: (reason: string) => void,
): Entries {
  const opened = new Map<string, Promise<Entry>>();
  const listeners: LocalListener[] = [];

  const relayOf = async (workload: string): Promise<RelaySession> => {
    const { pods } = workloadNamed(await view.workloads(podsAgeMs), workload);
    const pod = choosePod(pods);
    if (pod !== undefined) return relays.in(pod);
    throw new WindtunnelError('unreachable', `${workload} has no pod that runs behind a sidecar`, {
      next: 'See why: kubectl get pods -A',
    });
  };

  const listen = async (workload: string, authority: string): Promise<Entry> => {
    // What cannot be reached is said here, where it has a name, and not by a connection that breaks.
    await relayOf(workload);
    const listener = await openLocalListener({
      connect: async () => (await relayOf(workload)).open(authority),
      halfClose: true,
      onProblem: (reason) => onProblem(`${workload} → ${authority}: ${reason}`),
    });
    listeners.push(listener);
    return { address: '127.0.0.1', port: listener.port, authority };
  };

  return {
    open: (workload, authority) => {
      const key = `${workload} ${authority}`;
      const known = opened.get(key);
      if (known !== undefined) return known;
      const entry = listen(workload, authority);
      opened.set(key, entry);
      entry.catch(() => opened.delete(key));
      return entry;
    },
    close: async () => {
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}
