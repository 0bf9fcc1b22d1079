import { join } from 'node:path';
import { loadSync } from '@grpc/proto-loader';
import { WindtunnelError } from '../errors.ts';
import { connectAgent, type LoadAgent } from '../load/agent/client.ts';
import type { RequestSpec } from '../load/agent/protocol.ts';
import { spawnAgent } from '../load/agent/spawn.ts';
import type { RequestSource } from '../load/source.ts';
import type { Target } from '../target/target.ts';
import type { GrpcCall } from '../topology/calls.ts';
import type { EdgeUnderTest } from './edge-under-test.ts';
import type { LoadOrigin } from './language.ts';

/** How an experiment makes its requests; a test hands in one that needs no network. */
export interface Traffic {
  /**
   * Opens a source of the edge's request, made as the edge's caller. `tell` hears what is being waited for: it may take
   * until a pod runs.
   */
  open(
    edge: EdgeUnderTest,
    timeoutMs: number,
    tell?: (text: string) => void,
  ): Promise<RequestSource>;
  /** Ends whatever makes the requests, and what was made for it; never rejects. */
  close(): Promise<void>;
}

/** What {@link networkTraffic} needs. */
export interface NetworkTrafficOptions {
  target: Target;
  /** Contracts are named relative to it. */
  projectDir: string;
  /** @default 'mesh' */
  from?: LoadOrigin | undefined;
  /** Ends the start of an agent. */
  signal?: AbortSignal;
}

/**
 * Real requests, by load agents in processes of their own: one on this machine, or on a cluster one beside a sidecar of each
 * caller. Its `open` rejects with `bad-topology` when a contract lacks the method, and with what keeps an agent from running.
 */
export function networkTraffic(options: NetworkTrafficOptions): Traffic {
  const { target, projectDir, from = 'mesh', signal } = options;
  const inMesh = from === 'mesh' ? target.startLoad?.bind(target) : undefined;
  /** By caller where each has its own; else one, under the empty name, makes the requests of all. */
  const agents = new Map<string, Promise<LoadAgent>>();

  const agentOf = (caller: string, tell: (text: string) => void): Promise<LoadAgent> => {
    const key = inMesh === undefined ? '' : caller;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const start = async (): Promise<LoadAgent> => {
      const link = await (inMesh?.(caller, { tell, ...(signal && { signal }) }) ?? spawnAgent());
      return connectAgent(link, signal);
    };
    const starting = start();
    agents.set(key, starting);
    return starting;
  };

  return {
    async open(edge, timeoutMs, tell = () => {}) {
      const caller = `${edge.caller}.${edge.namespace}`;
      const { authority } = edge.call;
      const agent = await agentOf(caller, tell);
      const place =
        inMesh === undefined ? await target.entry(caller, authority) : byName(authority);
      return agent.open(requestOf(edge, place, timeoutMs, projectDir));
    },
    async close() {
      const started = await Promise.allSettled(agents.values());
      await Promise.all(
        started.map(async (one) => {
          if (one.status === 'fulfilled') await one.value.close();
        }),
      );
    },
  };
}

/** What the caller itself dials. */
function byName(authority: string): { address: string; port: number } {
  const [address = '', port = ''] = authority.split(':');
  return { address, port: Number(port) };
}

function requestOf(
  { call }: EdgeUnderTest,
  { address, port }: { address: string; port: number },
  timeoutMs: number,
  projectDir: string,
): RequestSpec {
  const { authority, path } = call;
  const where = { address, port, authority, path, timeoutMs };
  if (call.protocol === 'grpc') {
    const message = encodeMessage(call, join(projectDir, call.protoFile));
    return { protocol: 'grpc', ...where, messageBase64: message.toString('base64') };
  }
  const method = call.method as Extract<RequestSpec, { protocol: 'http' }>['method'];
  return {
    protocol: 'http',
    ...where,
    method,
    ...(call.body === undefined ? {} : { body: call.body }),
  };
}

/** The bytes of a call's one message. */
function encodeMessage(call: GrpcCall, protoFile: string): Buffer {
  const [, rpcService = '', name = ''] = call.path.split('/');
  const contract = loadSync(protoFile, { keepCase: true });
  const service = contract[rpcService];
  const method = service === undefined || 'format' in service ? undefined : service[name];
  if (method === undefined) {
    throw new WindtunnelError('bad-topology', `${protoFile} has no method ${rpcService}/${name}`, {
      next: 'Correct rpcService or the operation in services/topology.ts, or the .proto file.',
    });
  }
  return method.requestSerialize(call.messages[0] ?? {});
}
