import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WindtunnelError } from '../../errors.ts';

/** A listener on a free port of 127.0.0.1, each connection of which leads into a pod. */
export interface LocalListener {
  port: number;
  /** Ends the listener and its connections. */
  close(): Promise<void>;
}

/** Connections that one listener takes at a time; others wait to be accepted, or are refused. */
const maxConnections = 1024;

/** What {@link openLocalListener} needs. */
export interface ListenerOptions {
  /** Opens the connection that one of the listener's is joined to. */
  connect(): Promise<Duplex>;
  /** Whether that connection can end one of its sides; where it cannot, a caller that ends its own is taken to be done. */
  halfClose: boolean;
  /** Hears why a connection was reset. */
  onProblem(reason: string): void;
}

/** Opens a {@link LocalListener}. A connection whose other side cannot be opened, or breaks, is reset. */
export async function openLocalListener(options: ListenerOptions): Promise<LocalListener> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A caller that goes away is its own business.
    socket.on('error', () => {});
    void join(socket, options);
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function join(socket: Socket, options: ListenerOptions): Promise<void> {
  const { connect, halfClose, onProblem } = options;
  const reset = (error: Error): void => {
    if (socket.destroyed) return;
    onProblem(error.message);
    socket.resetAndDestroy();
  };
  let remote: Duplex;
  try {
    remote = await connect();
  } catch (thrown) {
    reset(WindtunnelError.from(thrown));
    return;
  }
  // Before the pipelines, which would end the socket as if all were well.
  remote.once('error', reset);
  if (!halfClose) socket.once('end', () => remote.destroy());
  socket.once('close', () => remote.destroy());
  if (socket.destroyed) remote.destroy();
  await Promise.allSettled([pipeline(socket, remote), pipeline(remote, socket)]);
}
