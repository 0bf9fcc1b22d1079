import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { WindtunnelError } from '../errors.ts';

/** Ports of one instance on 127.0.0.1, given by name: the same name has the same port for the instance's life. */
export interface PortAllocator {
  /** The port of `key`, e.g. `users-0/app/8080`; a free one is taken the first time. */
  allot(key: string): Promise<number>;
  /** The port of `key` when it has one. */
  get(key: string): number | undefined;
  /** Gives `key` a port that the user chose. Throws `port-in-use` when something listens there. */
  fix(key: string, port: number): Promise<void>;
  /** Forgets `key`; its port may be given again. */
  release(key: string): void;
  /** Gives the blocks back to other instances. */
  close(): void;
}

/** Ports a block has; its first is held open by the instance, which so owns the others. */
export const blockSize = 100;
const firstPort = 20_000;
const defaultEphemeralLow = 32_768;

/** First port that the kernel gives to outgoing connections: a port from there on may be taken at any time. */
export function ephemeralLow(
  read: () => string = () => readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'),
): number {
  try {
    const low = Number.parseInt(read(), 10);
    return low > firstPort + 10 * blockSize ? low : defaultEphemeralLow;
  } catch {
    return defaultEphemeralLow;
  }
}

/** Listens on 127.0.0.1:port; undefined when the port is taken. */
export function tryListen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

/** Whether 127.0.0.1:port can be listened on now. */
export async function isFree(port: number): Promise<boolean> {
  const server = await tryListen(port);
  if (!server) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/**
 * Makes a {@link PortAllocator}. Ports come in blocks below the ephemeral range; an instance owns a block while it
 * listens on the block's first port, so that instances need no lock file and a crash frees the block.
 *
 * @param seed where to begin to look, e.g. a hash of the instance's folder, so that ports stay the same over restarts
 */
export function createPortAllocator(seed: number): PortAllocator {
  const blocks = Math.floor((ephemeralLow() - firstPort) / blockSize);
  const guards: Server[] = [];
  const ports = new Map<string, number>();
  let free: number[] = [];
  let tried = 0;
  let queue: Promise<unknown> = Promise.resolve();

  const claimBlock = async (): Promise<void> => {
    for (; tried < blocks; tried++) {
      const base = firstPort + ((seed + tried) % blocks) * blockSize;
      const guard = await tryListen(base);
      if (!guard) continue;
      guard.unref();
      guards.push(guard);
      tried++;
      free = [...free, ...Array.from({ length: blockSize - 1 }, (_, index) => base + 1 + index)];
      return;
    }
    throw new WindtunnelError(
      'port-in-use',
      `no free block of ${blockSize} ports from ${firstPort} on`,
      {
        next: 'windtunnel down ends instances that are not needed any more',
      },
    );
  };

  const take = async (key: string): Promise<number> => {
    const known = ports.get(key);
    if (known !== undefined) return known;
    for (let round = 0; round <= blocks * blockSize; round++) {
      const port = free.shift();
      if (port === undefined) await claimBlock();
      else if (await isFree(port)) {
        ports.set(key, port);
        return port;
      }
    }
    throw new WindtunnelError('port-in-use', `no free port for ${key}`);
  };

  return {
    allot: (key) => {
      const next = queue.then(() => take(key));
      queue = next.catch(() => undefined);
      return next;
    },
    fix: async (key, port) => {
      if (ports.get(key) === port) return;
      if (!(await isFree(port))) {
        throw new WindtunnelError('port-in-use', `port ${port} on 127.0.0.1 is taken`, {
          next: 'choose another with --port, or leave it out: a free one is found',
        });
      }
      ports.set(key, port);
    },
    get: (key) => ports.get(key),
    release: (key) => {
      const port = ports.get(key);
      if (port !== undefined) free.push(port);
      ports.delete(key);
    },
    close: () => {
      for (const guard of guards) guard.close();
    },
  };
}
