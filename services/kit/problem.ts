import { STATUS_CODES } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { type ErrorCode, type ErrorFacts, ServiceError } from './errors.ts';
import { type Log, reasonOf } from './log.ts';

/** A problem+json body (RFC 9457); `code` is ours, and tells a caller that the service meant it, not a proxy. */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: number;
  code?: ErrorCode;
  detail?: string;
  requestId?: string;
  [fact: string]: unknown;
}

/** The media type of {@link Problem}. */
export const problemContentType = 'application/problem+json';

const statusOf: Record<ErrorCode, number> = {
  'invalid-argument': 400,
  'not-found': 404,
  'already-exists': 409,
  'failed-precondition': 409,
  'payment-required': 402,
  'resource-exhausted': 503,
  unavailable: 503,
  'deadline-exceeded': 504,
  'callee-failed': 502,
  internal: 500,
};

/** The one place where errors become HTTP answers. A 5xx says no more than its title; the log says the rest. */
export function installProblems(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((request, reply) => {
    void sendProblem(reply, problemOf(404, `no route for ${request.method} ${request.url}`));
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOfError(error);
    if (problem.status >= 500) {
      log({
        level: 'error',
        message: 'request failed',
        requestId: request.id,
        reason: reasonOf(error),
      });
    }
    void sendProblem(reply, { ...problem, requestId: request.id });
  });
}

/** Anything thrown, as a problem. Fastify's own errors (validation, body too large) keep their 4xx status. */
export function problemOfError(error: unknown): Problem {
  if (error instanceof ServiceError) {
    return problemOf(statusOf[error.code], error.message, error.code, error.facts);
  }
  const status = (error as { statusCode?: unknown }).statusCode;
  if (error instanceof Error && typeof status === 'number' && status >= 400 && status < 500) {
    return problemOf(status, error.message);
  }
  return problemOf(500, '', 'internal');
}

/** A problem with its standard title; `detail` and `facts` are left out of a 5xx. */
export function problemOf(
  status: number,
  detail: string,
  code?: ErrorCode,
  facts: ErrorFacts = {},
): Problem {
  const problem: Problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status };
  if (code !== undefined) problem.code = code;
  return status >= 500 ? problem : { ...facts, ...problem, detail };
}

function sendProblem(
  reply: { code(status: number): { type(contentType: string): { send(body: string): unknown } } },
  problem: Problem,
): unknown {
  return reply.code(problem.status).type(problemContentType).send(JSON.stringify(problem));
}
