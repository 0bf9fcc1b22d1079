import type { Kube } from '../kube/client.ts';
import type { ClusterPod } from './pods.ts';
import { type RelaySession, startRelay } from './relay-session.ts';

/** Relays in pods, one a container. */
export interface Relays {
  /** The one in that pod's own container; started when there is none. Throws as `startRelay`. */
  in(pod: ClusterPod): Promise<RelaySession>;
  close(): Promise<void>;
}

/** Makes {@link Relays}. One that has ended is forgotten, so that the next who asks gets a new one. */
export function createRelays(kube: Kube): Relays {
  const abort = new AbortController();
  const relays = new Map<string, Promise<RelaySession>>();
  return {
    in: (pod) => {
      const { namespace, name, container, containerId } = pod;
      const key = `${namespace}/${name}/${containerId}`;
      const known = relays.get(key);
      if (known !== undefined) return known;
      const starting = startRelay(kube, { namespace, pod: name, container }, abort.signal);
      relays.set(key, starting);
      starting.then(
        (relay) => void relay.ended.then(() => relays.delete(key)),
        () => relays.delete(key),
      );
      return starting;
    },
    close: async () => {
      abort.abort();
      await Promise.allSettled(relays.values());
    },
  };
}
