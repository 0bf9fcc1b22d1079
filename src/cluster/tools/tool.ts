import { type ChildProcess, spawn } from 'node:child_process';
import { WindtunnelError } from '../../errors.ts';

/** Programs that a cluster needs, and where to get them. */
export const toolSources = {
  docker: 'https://docs.docker.com/get-docker/',
  kind: 'https://kind.sigs.k8s.io/docs/user/quick-start/#installation',
  istioctl: 'https://istio.io/latest/docs/setup/additional-setup/download-istio-release/',
} as const;

/** One of {@link toolSources}. */
export type ToolName = keyof typeof toolSources;

/** How a program ended. */
export interface ToolResult {
  /** Null when a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
}

/** What one run of a program takes. */
export interface ToolRun {
  /** Written to its standard input, which is closed then. */
  input?: string | Uint8Array;
  /** Told of every line of standard output and standard error. */
  onLine?(line: string): void;
  /** It is ended then. @default 60000 */
  timeoutMs?: number;
  /** Set over the environment. */
  env?: Record<string, string>;
}

/** Runs docker, kind and istioctl; a test hands in its own. */
export interface Tools {
  /** Runs a program to its end, however it ends. Throws `missing-tool` when it is not there, `timeout`, or `start-failed` on Ctrl-C. */
  run(name: ToolName, args: string[], run?: ToolRun): Promise<ToolResult>;
  /** Resolves to standard output; throws `start-failed` with the last lines of what it said when it fails. */
  output(name: ToolName, args: string[], run?: ToolRun): Promise<string>;
}

const defaultTimeoutMs = 60_000;
/** Output kept of each stream; more is dropped from its beginning. */
const maxOutputChars = 8 * 1024 * 1024;
const killDelayMs = 5000;
const shownLines = 5;

/** Makes {@link Tools} of the programs on `PATH`; `signal` ends what runs. */
export function createTools(env: Record<string, string | undefined>, signal: AbortSignal): Tools {
  const run = (name: ToolName, args: string[], options: ToolRun = {}): Promise<ToolResult> =>
    runTool(name, args, options, env, signal);
  return {
    run,
    async output(name, args, options) {
      const result = await run(name, args, options);
      if (result.status === 0) return result.stdout;
      throw toolError(name, args, result);
    },
  };
}

const toolAdvice: Record<ToolName, string> = {
  docker: 'Mend what it names, see that Docker is well (docker info), then run the command again.',
  kind: 'Mend what it names, see how its nodes do (docker ps -a), then run the command again.',
  istioctl:
    'Mend what it names, see how Istio does (kubectl get pods -A), then run the command again.',
};

/** The error of a program that failed: its command, and the last lines of what it said. */
export function toolError(name: ToolName, args: string[], result: ToolResult): WindtunnelError {
  const said = lastLines(result.stderr.trim() || result.stdout.trim());
  const how = result.status === null ? 'was ended by a signal' : `exit ${result.status}`;
  const words = args.filter((arg) => arg.length < 60).slice(0, 4);
  return new WindtunnelError(
    'start-failed',
    `${[name, ...words].join(' ')} failed (${how}): ${said}`,
    { next: toolAdvice[name] },
  );
}

/** The last lines of a text, on one line. */
export function lastLines(text: string): string {
  return text.split('\n').slice(-shownLines).join(' | ') || 'it said nothing';
}

function runTool(
  name: ToolName,
  args: string[],
  { input, onLine, timeoutMs = defaultTimeoutMs, env: more }: ToolRun,
  env: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<ToolResult> {
  signal.throwIfAborted();
  // A group of its own: the terminal's Ctrl-C is for us, who then end it in order.
  const child = spawn(name, args, { env: { ...env, ...more }, detached: true, stdio: 'pipe' });
  const result: ToolResult = { status: null, stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    let rest = '';
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      result[stream] = (result[stream] + text).slice(-maxOutputChars);
      if (onLine === undefined) return;
      const lines = (rest + text).split(/[\r\n]+/);
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') onLine(line);
    });
  }
  // A program that ends without reading says so by its status.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    let failure: WindtunnelError | undefined;
    const end = (error: WindtunnelError): void => {
      failure = error;
      endGroup(child);
    };
    const timer = setTimeout(() => {
      const next = 'Look at what it waits for, then run the command again.';
      end(
        new WindtunnelError(
          'timeout',
          `${name} ${args[0]} took longer than ${timeoutMs / 1000} s`,
          { next },
        ),
      );
    }, timeoutMs);
    const interrupt = (): void => end(new WindtunnelError('start-failed', 'interrupted'));
    signal.addEventListener('abort', interrupt, { once: true });
    const settle = (error: WindtunnelError | undefined): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', interrupt);
      if (error === undefined) resolve(result);
      else reject(error);
    };
    child.once('error', (cause) => settle(failure ?? missing(name, cause)));
    child.once('close', (status) => settle(failure ?? void (result.status = status)));
  });
}

function missing(name: ToolName, cause: Error): WindtunnelError {
  return new WindtunnelError('missing-tool', `${name} cannot be started: ${cause.message}`, {
    cause,
    next: `Install it (${toolSources[name]}), or put it on PATH.`,
  });
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  const send = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // All of it has ended meanwhile.
    }
  };
  send('SIGTERM');
  setTimeout(() => send('SIGKILL'), killDelayMs).unref();
}
