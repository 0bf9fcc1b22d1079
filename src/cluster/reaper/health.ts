import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the probes ask. */
export interface HealthChecks {
  /** Whether rounds go on; when they don't, the kubelet starts the container again. */
  alive(): boolean;
  /** Whether the cluster answers. */
  ready(): boolean;
}

/** Serves `/livez` and `/readyz` (200 or 503) on all addresses: the kubelet asks from the node. Resolves to the server. */
export async function serveHealth(
  port: number,
  { alive, ready }: HealthChecks,
): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const checks: Record<string, () => boolean> = { '/livez': alive, '/readyz': ready };
    const check = checks[request.url ?? ''];
    response.statusCode = check === undefined ? 404 : check() ? 200 : 503;
    response.setHeader('connection', 'close');
    response.end();
  });
  server.maxConnections = 16;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}
