import { Duplex } from 'node:stream';
import { type Channels, openChannels } from './channels.ts';
import type { Kube } from './client.ts';

/** A container of a pod. */
export interface ContainerRef {
  namespace: string;
  pod: string;
  container: string;
}

/** How a command ended. */
export interface ExecEnd {
  /** Null: it is not known, as the connection ended first. */
  exitCode: number | null;
  /** Why it could not be run, or was cut off; undefined when it ran and ended. */
  problem: string | undefined;
  /** The last 4 KB of its standard error. */
  stderr: string;
}

/** A command that runs in a container. */
export interface ExecSession {
  /** Writes go to its standard input, reads come from its standard output; both with backpressure. */
  stream: Duplex;
  /** Resolves when it has ended, or its connection has; never rejects. */
  ended: Promise<ExecEnd>;
  /** Ends the connection: its standard input ends, and it is left to end by itself. */
  close(): void;
}

const stdin = 0;
const stdout = 1;
const stderr = 2;
const statusChannel = 3;
const maxStderr = 4096;

/** The Status object that the API server sends when a command has ended. */
interface EndStatus {
  status?: string;
  message?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/**
 * What the Status at the end of a command says: its exit code, or why it could not be run.
 * `NonZeroExitCode` carries the code as the message of the cause `ExitCode` (k8s.io/client-go, remotecommand v4).
 */
function readEndStatus(text: string): { exitCode: number | null; problem?: string } {
  let end: EndStatus;
  try {
    end = JSON.parse(text) as EndStatus;
  } catch {
    return { exitCode: null, problem: text.slice(0, 300) };
  }
  if (end.status === 'Success') return { exitCode: 0 };
  const code = end.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code !== undefined) return { exitCode: Number(code) };
  return { exitCode: null, problem: end.message ?? 'it failed' };
}

/**
 * Starts a command in a container. Its standard input ends with the connection, also when this process is killed.
 * Half-closing the stream ends standard input alone, where the cluster knows how (Kubernetes 1.30 and later);
 * older ones can only end the connection. Throws as `openChannels`.
 */
export async function startExec(
  kube: Kube,
  { namespace, pod, container }: ContainerRef,
  command: string[],
  signal?: AbortSignal,
): Promise<ExecSession> {
  const query = new URLSearchParams({ container, stdin: 'true', stdout: 'true', stderr: 'true' });
  for (const word of command) query.append('command', word);
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query.toString()}`;
  const end: ExecEnd = { exitCode: null, problem: 'its connection ended', stderr: '' };
  let channels: Channels | undefined;
  const stream = new Duplex({
    read: () => channels?.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      if (channels === undefined) done(new Error('not open'));
      else channels.send(stdin, chunk).then(() => done(), done);
    },
    final: (done) => {
      if (channels?.endChannel(stdin) === false) channels.close();
      done();
    },
    destroy: (error, done) => {
      channels?.close();
      done(error);
    },
  });
  // What went wrong is told by `ended`.
  stream.on('error', () => {});
  const doing = `exec in ${container} of pod ${namespace}/${pod}`;
  const onData = (channel: number, data: Buffer): void => {
    if (channel === stdout && !stream.push(data)) channels?.pause();
    if (channel === stderr) end.stderr = (end.stderr + data.toString('utf8')).slice(-maxStderr);
    if (channel === statusChannel) {
      end.problem = undefined;
      Object.assign(end, readEndStatus(data.toString('utf8')));
      channels?.close();
    }
  };
  channels = await openChannels(kube, path, doing, onData, signal);
  const ended = channels.closed.then(() => {
    stream.push(null);
    return end;
  });
  return { stream, ended, close: () => channels?.close() };
}
