import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { WindtunnelError } from '../../errors.ts';
import type { MeshControl } from './control.ts';

/** The methods of {@link MeshControl}, by name: `POST /v1/NAME` with the arguments as a JSON list. */
const controlMethods = [
  'status',
  'resources',
  'apply',
  'renew',
  'remove',
  'revert',
  'entry',
  'counters',
  'accessLog',
  'kill',
  'shutdown',
] as const satisfies readonly (keyof MeshControl)[];

/** A control server that listens. */
export interface ControlServer {
  port: number;
  close(): Promise<void>;
}

const maxBodyBytes = 64 * 1024 * 1024;

/** Serves `control` on 127.0.0.1:port to whoever has the token. */
export async function startControlServer(
  control: MeshControl,
  port: number,
  token: string,
): Promise<ControlServer> {
  const call = async (name: string, body: string): Promise<unknown> => {
    const method = controlMethods.find((candidate) => candidate === name);
    if (!method) throw new WindtunnelError('usage', `no method ${name}`);
    const args = JSON.parse(body || '[]') as unknown[];
    return (control[method] as (...values: unknown[]) => Promise<unknown>)(...args);
  };
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: object }> => {
    if (!isAuthorized(request.headers.authorization, token)) return { status: 401, body: {} };
    const name = /^\/v1\/(\w+)$/.exec(request.url ?? '')?.[1];
    if (request.method !== 'POST' || name === undefined) return { status: 404, body: {} };
    try {
      return { status: 200, body: { result: (await call(name, await readBody(request))) ?? null } };
    } catch (thrown) {
      const { code, message, next } = WindtunnelError.from(thrown);
      const error = { code, message, ...(next === undefined ? {} : { next }) };
      return { status: statusOf(WindtunnelError.from(thrown)), body: { error } };
    }
  };
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  // An apply that restarts services may take its time.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve);
  });
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // The request that asked for the end is still being answered.
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new WindtunnelError('usage', 'the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isAuthorized(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function statusOf(error: WindtunnelError): number {
  return error.code === 'internal' ? 500 : 422;
}
