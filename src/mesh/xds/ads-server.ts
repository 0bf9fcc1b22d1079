import { chmod } from 'node:fs/promises';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { WindtunnelError } from '../../errors.ts';
import type { Schema } from '../../protobuf/schema.ts';
import { createDiscoveryCodec, type DiscoveryCodec } from './codec.ts';
import { createProxyStream, type ProxyStream, type Rejection } from './proxy-stream.ts';
import { type DiscoveryType, discoveryTypes, type EncodedConfig } from './resources.ts';

/** The control plane of one instance: aggregated discovery over gRPC, on a Unix socket. */
export interface AdsServer {
  /**
   * Gives a proxy its configuration and resolves when it acknowledged all of it, clusters before what uses them and
   * removals last. Throws `rejected` with resource and reason when the proxy refuses a part (what it accepted stays:
   * the caller puts the old configuration back), `timeout` when it does not answer. One call a node at a time.
   */
  update(nodeId: string, config: EncodedConfig, timeoutMs: number): Promise<void>;
  /** Sets what a proxy gets once it connects, without waiting. */
  prepare(nodeId: string, config: EncodedConfig): void;
  /** Replaces only `types` of a node's configuration and sends them, without waiting: endpoints, secrets. */
  replace(nodeId: string, types: DiscoveryType[], config: EncodedConfig): void;
  /** Resolves when the proxy acknowledged all that it was given. Throws as {@link AdsServer.update}. */
  settled(nodeId: string, timeoutMs: number): Promise<void>;
  isConnected(nodeId: string): boolean;
  forget(nodeId: string): void;
  close(): Promise<void>;
}

interface Node {
  config: EncodedConfig;
  stream: ProxyStream | undefined;
  rejection: Rejection | undefined;
  /** Called whenever something was acknowledged, refused or connected. */
  wake: (() => void)[];
}

type Call = ServerDuplexStream<Buffer, Buffer>;
const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources';
const producers = ['cds', 'eds', 'sds'] as const;
const consumers = ['lds', 'rds', 'ecds'] as const;

/** Starts the ADS server on the Unix socket `socketPath` (mode 0600: whoever reaches it gets private keys). */
export async function startAdsServer(socketPath: string, schema: Schema): Promise<AdsServer> {
  const nodes = new Map<string, Node>();
  const server = await listen(socketPath, streamHandler(createDiscoveryCodec(schema), nodes));
  const nodeOf = (nodeId: string): Node => {
    const node = nodes.get(nodeId);
    if (!node) throw new WindtunnelError('internal', `no proxy ${nodeId}`);
    return node;
  };

  return {
    prepare: (nodeId, config) => {
      const node = nodes.get(nodeId);
      if (node) apply(node, config, discoveryTypes);
      else nodes.set(nodeId, { config, stream: undefined, rejection: undefined, wake: [] });
    },
    update: async (nodeId, config, timeoutMs) => {
      const node = nodeOf(nodeId);
      const before = node.config;
      const both = union(before, config);
      // A new cluster may need a new secret before it counts as acknowledged.
      apply(node, { ...both, lds: before.lds, rds: before.rds, ecds: before.ecds }, producers);
      await untilAcknowledged(nodeId, node, producers, timeoutMs);
      apply(node, both, consumers);
      await untilAcknowledged(nodeId, node, consumers, timeoutMs);
      apply(node, config, ['cds', 'eds']);
      await untilAcknowledged(nodeId, node, ['cds', 'eds'], timeoutMs);
    },
    replace: (nodeId, types, config) => {
      const node = nodes.get(nodeId);
      if (!node) return;
      const changed = Object.fromEntries(types.map((type) => [type, config[type]]));
      node.config = { ...node.config, ...changed };
      node.stream?.push(types);
    },
    settled: (nodeId, timeoutMs) =>
      untilAcknowledged(nodeId, nodeOf(nodeId), discoveryTypes, timeoutMs),
    isConnected: (nodeId) => nodes.get(nodeId)?.stream !== undefined,
    forget: (nodeId) => void nodes.delete(nodeId),
    close: () =>
      new Promise((resolve) => {
        server.forceShutdown();
        resolve();
      }),
  };
}

function union(first: EncodedConfig, second: EncodedConfig): EncodedConfig {
  return {
    ...second,
    cds: new Map([...first.cds, ...second.cds]),
    eds: new Map([...first.eds, ...second.eds]),
  };
}

function rejectedError(nodeId: string, { type, names, reason }: Rejection): WindtunnelError {
  return new WindtunnelError(
    'rejected',
    `the Envoy of ${nodeId} refused ${type} ${names.join(', ') || '(all)'}: ${reason}`,
  );
}

function wakeAll(node: Node): void {
  for (const wake of node.wake.splice(0)) wake();
}

function untilWoken(node: Node, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    node.wake.push(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function untilAcknowledged(
  nodeId: string,
  node: Node,
  types: readonly DiscoveryType[],
  timeoutMs: number,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    if (node.rejection) throw rejectedError(nodeId, node.rejection);
    const open = node.stream ? node.stream.outstanding(types) : ['a connection'];
    if (open.length === 0) return;
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) {
      throw new WindtunnelError(
        'timeout',
        `the Envoy of ${nodeId} did not acknowledge ${open.slice(0, 5).join(', ')} within ${timeoutMs} ms`,
        { next: 'windtunnel status names its log' },
      );
    }
    await untilWoken(node, leftMs);
  }
}

/** Answers the streams of the proxies in `nodes`; one that is not in it is turned away. */
function streamHandler(codec: DiscoveryCodec, nodes: Map<string, Node>) {
  return (call: Call): void => {
    let stream: ProxyStream | undefined;
    const connect = (node: Node): ProxyStream => {
      node.rejection = undefined;
      const own = createProxyStream({
        config: () => node.config,
        send: (response) => void call.write(codec.encode(response)),
        rejected: (rejection) => {
          node.rejection = rejection;
          wakeAll(node);
        },
        acknowledged: () => wakeAll(node),
      });
      node.stream = own;
      const drop = (): void => {
        if (node.stream === own) node.stream = undefined;
      };
      call.on('end', () => {
        drop();
        call.end();
      });
      call.on('cancelled', drop);
      call.on('error', drop);
      return own;
    };
    call.on('data', (bytes: Buffer) => {
      const { nodeId, request } = codec.decode(bytes);
      const node = nodes.get(nodeId);
      if (!stream && node) stream = connect(node);
      if (!stream) call.end();
      else if (request) stream.receive(request);
    });
  };
}

async function listen(socketPath: string, handler: (call: Call) => void): Promise<Server> {
  const server = new Server();
  const identity = (bytes: Buffer): Buffer => bytes;
  const method = {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  } as const;
  server.addService({ StreamAggregatedResources: method }, { StreamAggregatedResources: handler });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  await chmod(socketPath, 0o600);
  return server;
}

function apply(node: Node, config: EncodedConfig, types: readonly DiscoveryType[]): void {
  node.rejection = undefined;
  node.config = config;
  node.stream?.push(types);
}
