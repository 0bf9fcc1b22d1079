import { Pool } from 'undici';
import type { Exchange, Sender } from './exchange.ts';
import { brokenOutcome, canceled, httpOutcome, type Outcome, timedOut } from './outcome.ts';

/** A REST request and where it goes. */
export interface RestOptions {
  address: string;
  port: number;
  /** Value of the Host header: what the caller would have dialled, e.g. `users:8080`. */
  authority: string;
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** The generator's own bound on one request, far above what is measured. @default 10000 */
  timeoutMs?: number;
  /** Connections at most; a request beyond waits for one, and that wait is send lag. @default 1024 */
  connections?: number;
  /** The clock of the schedule. @default performance.now */
  nowMs?: () => number;
}

/**
 * Makes REST requests over keep-alive connections, one at a time on each, without any retry of its own.
 * The body of an answer is read to its end and dropped; the request ends there.
 */
export function createRestSender(options: RestOptions): Sender {
  const { method, path, timeoutMs = 10_000, connections = 1024 } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const body = options.body === undefined ? null : JSON.stringify(options.body);
  const pool = new Pool(`http://${options.address}:${options.port}`, {
    connections,
    pipelining: 1,
    // The wait for the head and between parts is bounded by the one timer below, for every phase alike.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: timeoutMs },
  });
  const baseHeaders: Record<string, string> = { host: options.authority };
  if (body !== null) baseHeaders['content-type'] = 'application/json';
  let closed = false;

  const send = (requestId: string): Promise<Exchange> =>
    new Promise((resolve) => {
      let sentMs: number | null = null;
      let firstByteMs: number | null = null;
      let status = 0;
      let ended = false;
      let abort: (() => void) | undefined;
      const end = (outcome: Outcome): void => {
        if (ended) return;
        ended = true;
        clearTimeout(timer);
        resolve({ outcome, sentMs, firstByteMs, doneMs: nowMs() });
      };
      const timer = setTimeout(() => {
        end(timedOut);
        abort?.();
      }, timeoutMs);
      pool.dispatch(
        { method, path, headers: { ...baseHeaders, 'x-request-id': requestId }, body },
        {
          onRequestStart(controller) {
            abort = () => controller.abort(new Error('timeout'));
            // It waited for a connection for so long that nobody wants it any more.
            if (ended) return abort();
            sentMs = nowMs();
          },
          onResponseStart(_controller, statusCode) {
            // 1xx answers come first and are not the answer.
            if (statusCode < 200) return;
            status = statusCode;
            firstByteMs = nowMs();
          },
          onResponseData() {},
          onResponseEnd: () => end(httpOutcome(status)),
          onResponseError: (_controller, error) =>
            end(closed ? canceled : brokenOutcome(errorCode(error))),
        },
      );
    });

  return {
    send,
    async close() {
      closed = true;
      await pool.destroy();
    },
  };
}

function errorCode(error: Error & { code?: unknown }): string {
  return typeof error.code === 'string' ? error.code : error.name;
}
