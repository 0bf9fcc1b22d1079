import { type IncomingMessage, request as httpRequest } from 'node:http';
import { type RequestOptions, request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { WindtunnelError } from '../../errors.ts';
import type { Kube } from './client.ts';
import { ApiError, kubeError } from './errors.ts';
import type { ContainerRef } from './exec.ts';

/** Which lines of a container's log. */
export interface LogRange {
  /** Go on with lines as they are written, until the container ends. @default false */
  follow?: boolean;
  /** Only lines from this time on; Kubernetes rounds it down to a second. */
  sinceTime?: string;
  /** Only that many of the last lines. */
  tailLines?: number;
}

const headersTimeoutMs = 20_000;
const mostErrorChars = 10_000;
/** How often TCP asks whether the other side is still there. */
const keepAliveMs = 15_000;

/**
 * The lines of a container's log, each with its time in front (RFC 3339, nanoseconds, one space). Throws
 * `unknown-reference` when the container has no log (yet, or any more), `preflight` when the user may not read it,
 * `unreachable` when the connection breaks.
 *
 * The client library's own `Log` ends the whole process when a stream breaks, and breaks it after 5 quiet minutes.
 */
export async function* readContainerLog(
  kube: Kube,
  container: ContainerRef,
  range: LogRange,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const doing = `log of ${container.container} in pod ${container.namespace}/${container.pod}`;
  try {
    const answer = await open(kube, container, range, signal);
    const { statusCode = 0 } = answer;
    if (statusCode !== 200) {
      // A container that is yet to start is a bad request.
      const code = statusCode === 400 ? 404 : statusCode;
      throw kubeError(new ApiError(code, `HTTP ${statusCode}`, await bodyOf(answer)), doing);
    }
    const broken = new Promise<never>((_resolve, reject) => answer.once('error', reject));
    broken.catch(() => {});
    yield* createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY });
    // Lines end without an error when the connection breaks; whether the answer was whole tells it.
    if (!answer.complete) throw new Error('the connection broke');
  } catch (thrown) {
    if (signal.aborted || thrown instanceof WindtunnelError) throw thrown;
    throw new WindtunnelError('unreachable', `${doing}: ${(thrown as Error).message}`, {
      cause: thrown,
      next: 'Check that the cluster runs: kubectl get pods -A',
    });
  }
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const part of answer) {
    text += part as string;
    if (text.length > mostErrorChars) break;
  }
  return text;
}

async function open(
  kube: Kube,
  { namespace, pod, container }: ContainerRef,
  { follow, sinceTime, tailLines }: LogRange,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const server = kube.config.getCurrentCluster()?.server ?? '';
  const url = new URL(`${server}/api/v1/namespaces/${namespace}/pods/${pod}/log`);
  url.searchParams.set('container', container);
  url.searchParams.set('timestamps', 'true');
  if (follow === true) url.searchParams.set('follow', 'true');
  if (sinceTime !== undefined) url.searchParams.set('sinceTime', sinceTime);
  if (tailLines !== undefined) url.searchParams.set('tailLines', String(tailLines));
  const options: RequestOptions = { signal };
  await kube.config.applyToHTTPSOptions(options);
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => {
      sent.setTimeout(0);
      resolve(answer);
    });
    sent.setTimeout(headersTimeoutMs, () =>
      sent.destroy(new Error(`no answer within ${headersTimeoutMs} ms`)),
    );
    sent.once('socket', (socket) => socket.setKeepAlive(true, keepAliveMs));
    sent.on('error', reject);
    sent.end();
  });
}
