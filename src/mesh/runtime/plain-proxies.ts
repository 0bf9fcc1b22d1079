import { connect, createServer, type Server, type Socket } from 'node:net';
import { backendsOf, type Outbound, type Pod, portKeys } from '../pods.ts';
import type { PortAllocator } from '../ports.ts';
import type { Plan } from './plan.ts';
import type { PodSet } from './pod-set.ts';

/** What {@link withPlainProxies} needs. */
export interface PlainProxyOptions {
  ports: PortAllocator;
  /** From 0 to below 1. */
  random(): number;
}

/**
 * Lets pods without a sidecar call Services: each authority they name is a port that carries plain TCP to one of the ready
 * replicas, to its sidecar where it has one. STRICT mutual TLS refuses them there, as it does in a cluster.
 */
export function withPlainProxies(pods: PodSet, options: PlainProxyOptions): PodSet {
  const { ports, random } = options;
  const servers = new Map<number, Server>();
  let plan: Plan | undefined;

  const chooseBackend = ({ service, port, pod: one }: Outbound): number | undefined => {
    if (!plan) return undefined;
    const ready = backendsOf(plan.world, plan.pods, service, port).filter(
      ({ pod }) => pods.isReady(pod.id) && pod.name === (one ?? pod.name),
    );
    const chosen = ready[Math.floor(random() * ready.length)];
    if (!chosen) return undefined;
    const { pod, targetPort } = chosen;
    const key = pod.sidecar ? portKeys.inbound : portKeys.app;
    return ports.get(key(pod.id, targetPort));
  };
  const open = async (pod: Pod, outbound: Outbound, wanted: Set<number>): Promise<void> => {
    const port = ports.get(portKeys.outbound(pod.id, outbound.authority));
    if (port === undefined) return;
    wanted.add(port);
    if (servers.has(port)) return;
    servers.set(port, await listen(port, (socket) => forward(socket, chooseBackend(outbound))));
  };
  const follow = async (next: Plan): Promise<void> => {
    plan = next;
    const wanted = new Set<number>();
    for (const pod of next.pods.filter(({ sidecar }) => !sidecar)) {
      for (const outbound of pod.outbound) await open(pod, outbound, wanted);
    }
    for (const [port, server] of servers) {
      if (wanted.has(port)) continue;
      server.close();
      servers.delete(port);
    }
  };

  return {
    ...pods,
    start: async (next, specs, startOptions) => {
      await follow(next);
      await pods.start(next, specs, startOptions);
    },
    reconcile: async (next, specs) => {
      await follow(next);
      await pods.reconcile(next, specs);
    },
    stop: async () => {
      for (const server of servers.values()) server.close();
      await pods.stop();
    },
  };
}

/** One connection of a pod without a sidecar, carried to a replica of the Service as kube-proxy would. */
function forward(socket: Socket, port: number | undefined): void {
  if (port === undefined) {
    socket.destroy();
    return;
  }
  const upstream = connect({ host: '127.0.0.1', port });
  const end = (): void => {
    socket.destroy();
    upstream.destroy();
  };
  socket.on('error', end);
  upstream.on('error', end);
  socket.on('close', end);
  upstream.on('close', end);
  socket.pipe(upstream).pipe(socket);
}

function listen(port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, onConnection);
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}
