import type { Kube } from '../../src/cluster/kube/client.ts';
import { type ContainerRef, type ExecEnd, startExec } from '../../src/cluster/kube/exec.ts';
import { WindtunnelError } from '../../src/errors.ts';

/** What a command printed, and how it ended. */
export interface ExecResult extends ExecEnd {
  stdout: string;
}

const maxStdoutBytes = 16 << 20;

/**
 * Runs a command in a container to its end, within `timeoutMs`; a failure of the command is a result, not an error.
 * Throws as `openChannels`, and `timeout`; more than 16 MB of output is an error too.
 */
export async function runExec(
  kube: Kube,
  container: ContainerRef,
  command: string[],
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<ExecResult> {
  const { timeoutMs, signal } = options;
  const session = await startExec(kube, container, command, signal);
  const doing = `${command[0]} in pod ${container.namespace}/${container.pod}`;
  const chunks: Buffer[] = [];
  let bytes = 0;
  let failure: WindtunnelError | undefined;
  const fail = (code: 'timeout' | 'io', message: string): void => {
    failure ??= new WindtunnelError(code, `${doing}: ${message}`, {
      next: `See how the pod does: kubectl describe pod -n ${container.namespace} ${container.pod}`,
    });
    session.close();
  };
  const timer = setTimeout(() => fail('timeout', `not done within ${timeoutMs} ms`), timeoutMs);
  session.stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxStdoutBytes) fail('io', `more than ${maxStdoutBytes} bytes of output`);
  });
  session.stream.end();
  const end = await session.ended;
  clearTimeout(timer);
  signal?.throwIfAborted();
  if (failure !== undefined) throw failure;
  return { ...end, stdout: Buffer.concat(chunks).toString('utf8') };
}
