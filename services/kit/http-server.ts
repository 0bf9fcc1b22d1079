import { randomUUID } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type RawServerDefault,
} from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultPlan } from './fault-plan.ts';
import { type Log, silentLog } from './log.ts';
import { installProblems, problemContentType, problemOf } from './problem.ts';
import type { Service } from './service.ts';
import { currentTelemetry } from './telemetry.ts';
import { observeHttpServer } from './telemetry-http.ts';

/** A Fastify app whose routes take their types from TypeBox schemas. */
export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** An HTTP server with its routes still to be added. */
export interface HttpService extends Service {
  app: HttpApp;
  /** Aborted when the intake closes: streams end on it. */
  closing: AbortSignal;
}

/** The settings of {@link createHttpServer}. */
export interface HttpServerOptions {
  log?: Log;
  faults?: FaultPlan | undefined;
  /** @default 65536 */
  bodyLimitBytes?: number;
}

// Longer than Envoy keeps an idle connection (1 h by default), so that it is always the sidecar that closes one:
// a server that closes first races with the next request and resets it.
const keepAliveMs = 65 * 60_000;

/**
 * A Fastify server with what every HTTP service needs: problem+json errors, `/healthz` (the process lives), `/readyz`
 * (it wants requests), a request id (the caller's `x-request-id`, else a new one), and the fault hook if it is on.
 * It logs no request: the sidecar does. It tells the telemetry of each, if the process has one.
 */
export function createHttpServer(options: HttpServerOptions = {}): HttpService {
  const { log = silentLog, faults, bodyLimitBytes = 65_536 } = options;
  const closing = new AbortController();
  let ready = false;
  const app = Fastify({
    logger: false,
    bodyLimit: bodyLimitBytes,
    requestIdHeader: 'x-request-id',
    genReqId: () => randomUUID(),
    keepAliveTimeout: keepAliveMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // A wrong type or a stray member is the caller's mistake: say so instead of bending the request.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  installProblems(app, log);
  const telemetry = currentTelemetry();
  if (telemetry) observeHttpServer(app, telemetry);
  app.get('/healthz', { config: { probe: true } }, () => ({ status: 'ok' }));
  app.get('/readyz', { config: { probe: true } }, (_request, reply) => {
    void reply.code(ready ? 200 : 503);
    return { status: ready ? 'ready' : 'not ready' };
  });
  if (faults) installFaults(app, faults);
  return {
    app,
    closing: closing.signal,
    async listen({ host, port }) {
      await app.listen({ host, port });
      const address = app.server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    setReady(value) {
      ready = value;
    },
    async stop() {
      closing.abort();
      // Node closes connections that are idle when the intake closes, not those that become so later, when a stream
      // ends: they would hold the server up until they expire.
      const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
      await app.close();
      clearInterval(sweep);
    },
    forceStop() {
      app.server.closeAllConnections();
    },
  };
}

function installFaults(app: HttpApp, faults: FaultPlan): void {
  app.addHook('onRequest', async (request, reply) => {
    const { url, config } = request.routeOptions;
    // A probe that failed on purpose would get the process restarted by the platform in the middle of an experiment.
    if ((config as { probe?: boolean }).probe === true || url === undefined) return;
    const fault = faults.next({
      operation: `${request.method} ${url}`,
      requestId: request.id,
      script: header(request.headers['x-fail']),
      attemptCount: header(request.headers['x-envoy-attempt-count']),
    });
    if (fault === undefined) return;
    const problem = problemOf(fault.httpStatus, 'injected by the fault hook');
    await reply
      .code(fault.httpStatus)
      .header('x-fault-injected', 'true')
      .type(problemContentType)
      .send(JSON.stringify(problem));
  });
}

function header(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
