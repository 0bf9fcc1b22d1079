import { request } from 'node:http';
import { basename } from 'node:path';
import { type ErrorCode, errorCodes, WindtunnelError } from '../../errors.ts';
import type { MeshControl } from './control.ts';
import { isRunning } from '../processes/identity.ts';
import { defaultInstance, instanceFolder, readState } from '../instance/state.ts';

interface Answer {
  status: number;
  body: string;
}

const timeoutMs = 120_000;

/**
 * Connects to the instance in `folder`. Throws `not-running` when there is none; so does every call once it ended.
 * Errors of the instance arrive with their code and next step.
 */
export async function connect(folder: string): Promise<MeshControl> {
  const state = await readState(folder);
  if (!state || !isRunning(state.supervisor)) throw notRunning(folder);
  const call = async (name: string, ...args: unknown[]): Promise<never> => {
    let answer: Answer;
    try {
      answer = await post(state.controlPort, state.token, `/v1/${name}`, JSON.stringify(args));
    } catch (cause) {
      const now = await readState(folder);
      if (!now || now.token !== state.token || !isRunning(now.supervisor)) throw notRunning(folder);
      throw new WindtunnelError(
        'io',
        `the instance in ${folder} does not answer: ${(cause as Error).message}`,
        {
          cause,
          next: 'windtunnel down cleans up after one that was killed (with --name, if it has one)',
        },
      );
    }
    if (answer.status !== 200) throw thrownBy(answer.body);
    return (JSON.parse(answer.body) as { result: never }).result;
  };
  return {
    status: () => call('status'),
    resources: () => call('resources'),
    apply: (owner, resources, leaseMs) => call('apply', owner, resources, leaseMs),
    renew: (owner, leaseMs) => call('renew', owner, leaseMs),
    remove: (owner, resources) => call('remove', owner, resources),
    revert: (owner) => call('revert', owner),
    entry: (workload, authority) => call('entry', workload, authority),
    counters: (workload, filter) => call('counters', workload, filter),
    accessLog: (workload, mark) => call('accessLog', workload, mark),
    kill: (pod, signal) => call('kill', pod, signal),
    shutdown: () => call('shutdown'),
  };
}

/** {@link connect}s to an instance of a project by its name. */
export function connectInstance(
  projectDir: string,
  name: string = defaultInstance,
): Promise<MeshControl> {
  return connect(instanceFolder(projectDir, name));
}

function post(port: number, token: string, path: string, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        timeout: timeoutMs,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
        answer.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

function notRunning(folder: string): WindtunnelError {
  const name = basename(folder);
  const named = name === defaultInstance ? '' : ` --name ${name}`;
  return new WindtunnelError('not-running', `no local mesh runs in ${folder}`, {
    next: `windtunnel up${named} starts one`,
  });
}

function thrownBy(body: string): WindtunnelError {
  const { error } = JSON.parse(body || '{}') as {
    error?: { code: string; message: string; next?: string };
  };
  const code: ErrorCode = errorCodes.find((known) => known === error?.code) ?? 'internal';
  const details = error?.next === undefined ? {} : { next: error.next };
  return new WindtunnelError(code, error?.message ?? 'the instance refused the request', details);
}
