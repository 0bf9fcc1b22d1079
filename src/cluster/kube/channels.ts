import { PassThrough } from 'node:stream';
import { WebSocketHandler } from '@kubernetes/client-node/dist/web-socket-handler.js';
import { WindtunnelError } from '../../errors.ts';
import type { Kube } from './client.ts';

/** The part of the `ws` package's WebSocket that is used here; the client library gives no types for it. */
interface Socket {
  readonly protocol: string;
  on(event: 'close' | 'error', listener: (argument: unknown) => void): void;
  send(data: Buffer, done: (error?: Error) => void): void;
  pause(): void;
  resume(): void;
  ping(): void;
  terminate(): void;
}

/** A WebSocket to the API server that carries numbered channels, as `exec` and `port-forward` use it. */
export interface Channels {
  /** Resolves when the bytes have left this process: waiting for it is the backpressure. */
  send(channel: number, data: Buffer): Promise<void>;
  /** Tells the other side that nothing more comes on a channel; false when it speaks too old a protocol for that. */
  endChannel(channel: number): boolean;
  /** Stops and goes on with reading, of all channels at once. */
  pause(): void;
  resume(): void;
  /** Resolves when the connection has ended, whoever ended it. */
  closed: Promise<void>;
  close(): void;
}

/** How long the API server may take to open a connection into a pod. */
const openTimeoutMs = 20_000;
/** Load balancers cut connections that are still for a minute. */
const pingIntervalMs = 20_000;
const closeChannel = 255;

/** A fault of the other side's HTTP answer to the upgrade: all that the library tells of it. */
function openError(thrown: unknown, doing: string): WindtunnelError {
  const message = String((thrown as { message?: unknown } | null)?.message ?? thrown);
  const status = Number(/Unexpected server response: (\d+)/.exec(message)?.[1]);
  if (status === 401 || status === 403) {
    return new WindtunnelError('preflight', `${doing}: HTTP ${status}`, {
      cause: thrown,
      next: 'Use a kubeconfig whose user may exec into pods and forward ports.',
    });
  }
  if (status === 404) {
    return new WindtunnelError('unknown-reference', `${doing}: there is no such pod`, {
      cause: thrown,
      next: 'It may just have been replaced: run the command again, or see which there are (kubectl get pods -A).',
    });
  }
  const next = 'Check that the cluster runs: kubectl get pods -A';
  return new WindtunnelError('unreachable', `${doing}: ${message}`, { cause: thrown, next });
}

/**
 * Opens `path` of the API server. `onData` gets what comes, channel by channel. Throws `unreachable`, `preflight` or
 * `unknown-reference`, beginning with `doing`. An abort of `signal` ends the connection.
 */
export async function openChannels(
  kube: Kube,
  path: string,
  doing: string,
  onData: (channel: number, data: Buffer) => void,
  signal?: AbortSignal,
): Promise<Channels> {
  signal?.throwIfAborted();
  // By default a channel that is closed by the other side would close this process's own standard output.
  const unused = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const handler = new WebSocketHandler(kube.config, undefined, unused);
  const opening = handler.connect(path, null, (channel, data) => {
    if (channel !== closeChannel) onData(channel, data);
    return true;
  }) as unknown as Promise<Socket>;
  const socket = await bounded(opening, doing);
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  // What an error means is told by the close that follows.
  socket.on('error', () => {});
  const pinging = setInterval(() => socket.ping(), pingIntervalMs);
  pinging.unref();
  const close = (): void => socket.terminate();
  signal?.addEventListener('abort', close, { once: true });
  void closed.then(() => {
    clearInterval(pinging);
    signal?.removeEventListener('abort', close);
  });
  if (signal?.aborted) close();
  return {
    send: (channel, data) =>
      new Promise((resolve, reject) => {
        const framed = Buffer.concat([Buffer.of(channel), data]);
        socket.send(framed, (error) => (error ? reject(error) : resolve()));
      }),
    endChannel: (channel) => {
      if (!WebSocketHandler.supportsClose(socket.protocol)) return false;
      socket.send(Buffer.of(closeChannel, channel), () => {});
      return true;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    closed,
    close,
  };
}

async function bounded(opening: Promise<Socket>, doing: string): Promise<Socket> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // One that opens later than anyone waits for it is closed.
      opening.then((socket) => socket.terminate()).catch(() => {});
      reject(new Error(`no answer within ${openTimeoutMs} ms`));
    }, openTimeoutMs);
  });
  try {
    return await Promise.race([opening, late]);
  } catch (thrown) {
    throw openError(thrown, doing);
  } finally {
    clearTimeout(timer);
  }
}
