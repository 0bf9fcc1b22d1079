import { createServer, type Socket } from 'node:net';

/** A listener on a free port of 127.0.0.1, each connection of which leads into a pod. */
export interface LocalListener {
  port: number;
  /** Ends the listener and its connections. */
  close(): Promise<void>;
}

/** Connections that one listener takes at a time; others wait to be accepted, or are refused. */
const maxConnections = 256;

/** Opens a {@link LocalListener}. `carry` serves one connection to its end; when it rejects, the connection is reset. */
export async function openLocalListener(
  carry: (socket: Socket) => Promise<unknown>,
  onProblem: (reason: string) => void,
): Promise<LocalListener> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    carry(socket).catch((error: NodeJS.ErrnoException) => {
      // A caller that goes away in the middle is its own business.
      if (!socket.destroyed && error.code !== 'ERR_STREAM_PREMATURE_CLOSE')
        onProblem(error.message);
      socket.resetAndDestroy();
    });
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
