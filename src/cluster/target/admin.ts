import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { WindtunnelError } from '../../errors.ts';
import { askPort } from '../kube/ask-port.ts';
import type { Kube } from '../kube/client.ts';
import { forwardConnection } from '../kube/port-forward.ts';

/** A pod, by namespace and name. */
export interface PodRef {
  namespace: string;
  pod: string;
}

/** Envoy's admin interfaces of a cluster's sidecars, over connections that are kept. */
export interface EnvoyAdmin {
  /** Resolves to the body. Throws `io` when it does not answer with 200. */
  ask(pod: PodRef, method: 'GET' | 'POST', path: string): Promise<string>;
  close(): void;
}

/** Where Istio's sidecars have it, on the pod's own loopback address. */
const adminPort = 15_000;
/** A pod that is not asked for that long loses its connection. */
const idleMs = 60_000;

/** Node's HTTP agent takes its connections for sockets; what a stream has no use for does nothing. */
function asSocket(stream: Duplex): Duplex {
  const nothing = (): Duplex => stream;
  return Object.assign(stream, {
    setTimeout: nothing,
    setKeepAlive: nothing,
    setNoDelay: nothing,
    ref: nothing,
    unref: nothing,
  });
}

/** Makes an {@link EnvoyAdmin}. */
export function createEnvoyAdmin(kube: Kube): EnvoyAdmin {
  const agent = new Agent({ keepAlive: true, maxSockets: 2, maxFreeSockets: 1, timeout: idleMs });
  // One agent for all pods: it keeps connections by host name, which here is the pod's.
  const connect = ({ host }: ClientRequestArgs): Duplex => {
    const [namespace = '', pod = ''] = (host ?? '').split('/');
    return asSocket(forwardConnection(kube, { namespace, pod, port: adminPort }));
  };
  agent.createConnection = connect;
  return {
    ask: async ({ namespace, pod }, method, path) => {
      const host = `${namespace}/${pod}`;
      const headers = { host: '127.0.0.1' };
      try {
        return await askPort({ agent, host, method, path, headers });
      } catch (cause) {
        throw new WindtunnelError(
          'io',
          `Envoy's admin interface of pod ${host}, ${method} ${path}: ${(cause as Error).message}`,
          {
            cause,
            next: `Check that the pod runs, and that your user may forward its ports: kubectl port-forward -n ${namespace} ${pod} ${adminPort}`,
          },
        );
      }
    },
    close: () => agent.destroy(),
  };
}
