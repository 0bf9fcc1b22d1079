import { chmod } from 'node:fs/promises';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { WindtunnelError } from '../../errors.ts';
import type { Schema } from '../protobuf/schema.ts';
import {
  createProxyStream,
  type DiscoveryRequest,
  type DiscoveryResponse,
  type ProxyStream,
  type Rejection,
} from './proxy-stream.ts';
import {
  type DiscoveryType,
  discoveryTypes,
  type EncodedConfig,
  typeOf,
  typeUrl,
} from './resources.ts';

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
const consumers = ['sds', 'lds', 'rds', 'ecds'] as const;

const union = (first: EncodedConfig, second: EncodedConfig): EncodedConfig => ({
  ...second,
  cds: new Map([...first.cds, ...second.cds]),
  eds: new Map([...first.eds, ...second.eds]),
});

const rejectedError = (nodeId: string, { type, names, reason }: Rejection): WindtunnelError =>
  new WindtunnelError(
    'rejected',
    `the Envoy of ${nodeId} refused ${type} ${names.join(', ') || '(all)'}: ${reason}`,
  );

const wakeAll = (node: Node): void => {
  for (const wake of node.wake.splice(0)) wake();
};

const untilWoken = (node: Node, limitMs: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    node.wake.push(() => {
      clearTimeout(timer);
      resolve();
    });
  });

const untilAcknowledged = async (
  nodeId: string,
  node: Node,
  types: readonly DiscoveryType[],
  timeoutMs: number,
): Promise<void> => {
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
};

const createCodec = (schema: Schema) => {
  const requestType = schema.find('envoy.service.discovery.v3.DiscoveryRequest');
  const responseType = schema.find('envoy.service.discovery.v3.DiscoveryResponse');
  if (!requestType || !responseType) {
    throw new WindtunnelError('internal', "no discovery messages in Envoy's API");
  }
  return {
    decode: (bytes: Buffer): { nodeId: string; request: DiscoveryRequest | undefined } => {
      const message = requestType.toObject(requestType.decode(bytes), { arrays: true });
      const type = typeOf(String(message.type_url));
      const request = type && {
        type,
        names: (message.resource_names ?? []) as string[],
        nonce: String(message.response_nonce ?? ''),
        error: message.error_detail ? String(message.error_detail.message ?? 'unknown') : undefined,
      };
      return { nodeId: String(message.node?.id ?? ''), request };
    },
    encode: ({ type, version, nonce, resources }: DiscoveryResponse): Buffer => {
      const url = typeUrl(type);
      return Buffer.from(
        responseType
          .encode({
            version_info: version,
            nonce,
            type_url: url,
            resources: resources.map(({ bytes }) => ({ type_url: url, value: bytes })),
          })
          .finish(),
      );
    },
  };
};

/** Starts the ADS server on the Unix socket `socketPath` (mode 0600: whoever reaches it gets private keys). */
export async function startAdsServer(socketPath: string, schema: Schema): Promise<AdsServer> {
  const codec = createCodec(schema);
  const nodes = new Map<string, Node>();
  const server = new Server();

  const connect = (nodeId: string, call: Call): ProxyStream | undefined => {
    const node = nodes.get(nodeId);
    if (!node) return undefined;
    node.rejection = undefined;
    const stream = createProxyStream({
      config: () => node.config,
      send: (response) => void call.write(codec.encode(response)),
      rejected: (rejection) => {
        node.rejection = rejection;
        wakeAll(node);
      },
      acknowledged: () => wakeAll(node),
    });
    node.stream = stream;
    const drop = (): void => {
      if (node.stream === stream) node.stream = undefined;
    };
    call.on('end', () => {
      drop();
      call.end();
    });
    call.on('cancelled', drop);
    call.on('error', drop);
    return stream;
  };

  const identity = (bytes: Buffer): Buffer => bytes;
  server.addService(
    {
      StreamAggregatedResources: {
        path,
        requestStream: true,
        responseStream: true,
        requestSerialize: identity,
        requestDeserialize: identity,
        responseSerialize: identity,
        responseDeserialize: identity,
      },
    },
    {
      StreamAggregatedResources: (call: Call) => {
        let stream: ProxyStream | undefined;
        call.on('data', (bytes: Buffer) => {
          const { nodeId, request } = codec.decode(bytes);
          stream ??= connect(nodeId, call);
          if (!stream) call.end();
          else if (request) stream.receive(request);
        });
      },
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  await chmod(socketPath, 0o600);

  const nodeOf = (nodeId: string): Node => {
    const node = nodes.get(nodeId);
    if (!node) throw new WindtunnelError('internal', `no proxy ${nodeId}`);
    return node;
  };
  const apply = (node: Node, config: EncodedConfig, types: readonly DiscoveryType[]): void => {
    node.rejection = undefined;
    node.config = config;
    node.stream?.push(types);
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
      apply(node, { ...before, cds: both.cds, eds: both.eds }, ['cds', 'eds']);
      await untilAcknowledged(nodeId, node, ['cds', 'eds'], timeoutMs);
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
