import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { WindtunnelError } from '../../errors.ts';
import type { Kube } from '../kube/client.ts';
import { type ContainerRef, startExec } from '../kube/exec.ts';
import { createMux } from './relay.mjs';

/** A relay that runs in a pod. */
export interface RelaySession {
  pod: string;
  /** A connection that the pod dials to `HOST:PORT`; see `Mux.open`. */
  open(target: string): Duplex;
  /** Resolves when it has ended, or its connection has. */
  ended: Promise<unknown>;
  close(): void;
}

/**
 * Reads the program's length and text from standard input, and runs it: the text is longer than some proxies let a URL
 * be, and the root file system may be read-only. What follows the text belongs to the program.
 */
const loader = `const s=process.stdin;let b=Buffer.alloc(0);const e=()=>process.exit();s.on('end',e);
s.on('data',function f(c){b=Buffer.concat([b,c]);if(b.length<4)return;const n=4+b.readUInt32BE(0);if(b.length<n)return;
s.off('data',f);s.pause();import('data:text/javascript;base64,'+b.toString('base64',4,n)).then(m=>m.runRelay(s,process.stdout,b.subarray(n)))})`;

/** How long Node may take to start in a container with little CPU. */
const startTimeoutMs = 20_000;
/** A third of what the relay bears. */
const pingIntervalMs = 30_000;

/**
 * Starts a relay in a container; resolves when it runs. Throws `unsupported` when the container has no `node`, `timeout`
 * when it does not start, and as `startExec`.
 */
export async function startRelay(
  kube: Kube,
  container: ContainerRef,
  signal?: AbortSignal,
): Promise<RelaySession> {
  const program = await readFile(new URL('relay.mjs', import.meta.url));
  const session = await startExec(kube, container, ['node', '-e', loader], signal);
  const where = `${container.container} of pod ${container.namespace}/${container.pod}`;
  const started = Promise.withResolvers<void>();
  const mux = createMux({
    write: (bytes) => session.stream.write(bytes),
    onPing: () => started.resolve(),
  });
  session.stream.on('data', (chunk: Buffer) => {
    try {
      mux.receive(chunk);
    } catch {
      // Something else than the relay wrote to its standard output.
      session.close();
    }
  });
  const pinging = setInterval(() => mux.ping(), pingIntervalMs);
  pinging.unref();
  void session.ended.then(({ problem, exitCode, stderr }) => {
    clearInterval(pinging);
    const why = problem ?? `exit ${exitCode}`;
    mux.fail(`the relay in ${where} has ended: ${why}`);
    const next = 'Relays need `node` in the container; call from a workload that has it.';
    started.reject(
      new WindtunnelError('unsupported', `no relay in ${where}: ${why} ${stderr}`.trim(), { next }),
    );
  });
  const timer = setTimeout(() => {
    const late = `the relay in ${where} did not start within ${startTimeoutMs} ms`;
    const next = `See how the pod does: kubectl describe pod -n ${container.namespace} ${container.pod}`;
    started.reject(new WindtunnelError('timeout', late, { next }));
    session.close();
  }, startTimeoutMs);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(program.length);
  session.stream.write(Buffer.concat([size, program]));
  try {
    await started.promise;
  } finally {
    clearTimeout(timer);
  }
  return { pod: container.pod, open: mux.open, ended: session.ended, close: session.close };
}
