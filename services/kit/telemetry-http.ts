import type { FastifyInstance } from 'fastify';
import { headersCarrier, type Telemetry } from './telemetry.ts';

/** Tells of every request that `app` serves, except the probes'. Goes before other hooks, which may answer themselves. */
export function observeHttpServer(app: FastifyInstance, telemetry: Telemetry): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { url, config } = request.routeOptions;
    if ((config as { probe?: boolean }).probe !== true) {
      const observation = telemetry.begin(
        { edge: 'http-server', method: request.method, route: url, path: request.url },
        headersCarrier(request.raw.headers),
      );
      // Not `onResponse`: a response that the caller leaves, as streams are left, has none.
      reply.raw.once('close', () => {
        const { headersSent, statusCode } = reply.raw;
        observation.end({ status: headersSent ? statusCode : undefined });
      });
    }
    done();
  });
}

/** What a connection or a body that broke is called in telemetry: the error's code, e.g. `ECONNREFUSED`, else its name. */
export function errorType(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'Error';
}
