import { readFile } from 'node:fs/promises';
import { Agent, request, type RequestOptions } from 'node:https';
import { WindtunnelError } from '../../errors.ts';
import { ApiError } from './errors.ts';
import { type Rest, restTimeoutMs } from './rest.ts';

/** Where Kubernetes puts the credentials of a pod's service account. */
const credentials = '/var/run/secrets/kubernetes.io/serviceaccount';
const answerBytesMost = 64 * 1024 * 1024;

/**
 * Requests with the service account of the pod this runs in, without any package: it must be small. The token is read
 * each time, as the kubelet replaces it. Throws `unreachable` outside a pod.
 */
export async function createInClusterRest(env: NodeJS.ProcessEnv): Promise<Rest> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const ca = await readFile(`${credentials}/ca.crt`).catch(() => undefined);
  if (host === undefined || port === undefined || ca === undefined) {
    throw new WindtunnelError('unreachable', 'this is no pod with a service account', {
      next: 'To try it outside a cluster, name a file in WINDTUNNEL_KUBECONFIG.',
    });
  }
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 4 });
  return async ({ method, path, query = {}, body, contentType = 'application/json' }) => {
    const token = await readFile(`${credentials}/token`, 'utf8');
    const text = body === undefined ? undefined : JSON.stringify(body);
    const search = new URLSearchParams(query).toString();
    const headers = {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(text !== undefined && {
        'content-type': contentType,
        'content-length': Buffer.byteLength(text),
      }),
    };
    const target = search === '' ? path : `${path}?${search}`;
    const options = { agent, host, port, method, path: target, headers };
    const { status, answer } = await send(options, text);
    if (status < 200 || status > 299) throw new ApiError(status, path, answer);
    return answer === '' ? null : (JSON.parse(answer) as unknown);
  };
}

function send(
  options: RequestOptions,
  text: string | undefined,
): Promise<{ status: number; answer: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, signal: AbortSignal.timeout(restTimeoutMs) }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        answer += chunk;
        if (answer.length > answerBytesMost) sent.destroy(new Error('the answer is too long'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, answer }));
    });
    sent.on('error', reject);
    sent.end(text);
  });
}
