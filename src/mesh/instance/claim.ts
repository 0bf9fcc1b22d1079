import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Takes an instance's folder for this process; undefined when another has it. The claim is a Unix socket of Linux's abstract
 * namespace: taken in one step, and gone with its process however that ends, so that nothing has to be cleaned up.
 * Elsewhere nothing has these properties, and only `state.json` keeps two processes apart.
 */
export async function claimFolder(
  folder: string,
  platform: string = process.platform,
): Promise<{ release(): void } | undefined> {
  if (platform !== 'linux') return { release: () => {} };
  const name = createHash('sha256').update(folder).digest('hex');
  const server = createServer((socket) => socket.destroy());
  server.listen(`\0windtunnel-${name}`);
  server.unref();
  try {
    await once(server, 'listening');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw cause;
  }
  return { release: () => void server.close() };
}
