import { chmod } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { findReferences, serviceNames } from '../references.ts';
import type { Runtime } from '../runtime/options.ts';
import { openListener } from './open-listener.ts';

/** What {@link startNameServer} needs. */
export interface NameServerOptions {
  /** Of a Unix socket. */
  socketPath: string;
  /** Whether a pod (by id) knows a Service by this name. */
  isService(podId: string, host: string): boolean;
  /** Loopback port that leads a pod to `authority`, opened when it isn't there yet; undefined: it names no port of a Service. */
  dial(podId: string, authority: string): Promise<number | undefined>;
}

const maxQuestionLength = 1000;
const timeoutMs = 30_000;

/**
 * Tells the processes of an instance where names of Services lead; asked by preload/dial-services.mjs. `POD HOST` is answered
 * by an address that stands for the name, `POD HOST PORT` (or that address in place of the name) by a port on 127.0.0.1, what
 * is not known by nothing.
 */
export async function startNameServer(
  options: NameServerOptions,
): Promise<{ close(): Promise<void> }> {
  const { socketPath, isService, dial } = options;
  const names: string[] = [];
  const answer = async (question: string): Promise<string> => {
    const [pod = '', asked = '', port] = question.split(' ');
    const host = nameAt(names, asked) ?? asked;
    if (!isService(pod, host)) return '';
    if (port !== undefined) return String((await dial(pod, `${host}:${port}`)) ?? '');
    if (!names.includes(host)) names.push(host);
    return addressAt(names.indexOf(host));
  };
  const server = createServer((socket) => serve(socket, answer));
  await listen(server, socketPath);
  server.unref();
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

function serve(socket: Socket, answer: (question: string) => Promise<string>): void {
  let text = '';
  socket.setTimeout(timeoutMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk.toString('utf8');
    const [question, rest] = text.split('\n');
    if (text.length > maxQuestionLength) socket.destroy();
    else if (question !== undefined && rest !== undefined) {
      void answer(question)
        .catch(() => '')
        .then((said) => socket.end(`${said}\n`));
    }
  });
}

async function listen(server: Server, socketPath: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, 0o600);
}

/** `127.77.X.Y`, loopback addresses on which nothing listens. */
function addressAt(index: number): string {
  return `127.77.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

function nameAt(names: string[], address: string): string | undefined {
  const match = /^127\.77\.(\d+)\.(\d+)$/.exec(address);
  return match ? names[Number(match[1]) * 250 + Number(match[2]) - 1] : undefined;
}

/** A {@link startNameServer} for what runs in this process. */
export function serveNames(
  runtime: Runtime,
  socketPath: string,
): Promise<{ close(): Promise<void> }> {
  const podOf = (id: string) => runtime.plan().pods.find((pod) => pod.id === id);
  const namesFor = (namespace: string) => serviceNames(runtime.plan().world, namespace);
  return startNameServer({
    socketPath,
    isService: (podId, host) => {
      const pod = podOf(podId);
      return pod !== undefined && namesFor(pod.workload.namespace).has(host);
    },
    dial: async (podId, authority) => {
      const pod = podOf(podId);
      if (!pod) return undefined;
      const [reference] = findReferences(authority, namesFor(pod.workload.namespace));
      return reference && openListener(runtime, pod, reference.authority);
    },
  });
}
