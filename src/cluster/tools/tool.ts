import { WindtunnelError } from '../../errors.ts';
import { runProgram } from '../../run-program.ts';

/** Programs that a cluster needs, and where to get them. */
export const toolSources = {
  docker: 'https://docs.docker.com/get-docker/',
  kind: 'https://kind.sigs.k8s.io/docs/user/quick-start/#installation',
  istioctl: 'https://istio.io/latest/docs/setup/additional-setup/download-istio-release/',
} as const;

/** One of {@link toolSources}. */
export type ToolName = keyof typeof toolSources;

/** The next step for someone who lacks a program. */
export function howToInstall(name: ToolName): string {
  return `Install it (${toolSources[name]}), or put it on PATH.`;
}

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

async function runTool(
  name: ToolName,
  args: string[],
  { input, onLine, timeoutMs = defaultTimeoutMs, env: more }: ToolRun,
  env: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<ToolResult> {
  signal.throwIfAborted();
  const rests = { stdout: '', stderr: '' };
  const onText = (stream: 'stdout' | 'stderr', text: string): void => {
    const lines = (rests[stream] + text).split(/[\r\n]+/);
    rests[stream] = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine?.(line);
  };
  const { status, stopped, stdout, stderr } = await runProgram(name, args, {
    env: { ...env, ...more },
    input,
    onText,
    signal,
    timeoutMs,
    ending: { signal: 'SIGTERM', graceMs: killDelayMs, group: true },
    keptChars: maxOutputChars,
  }).catch((cause: Error) => {
    throw missing(name, cause);
  });
  if (stopped === 'interrupted') throw new WindtunnelError('start-failed', 'interrupted');
  if (stopped === undefined) return { status, stdout, stderr };
  throw new WindtunnelError(
    'timeout',
    `${name} ${args[0]} took longer than ${timeoutMs / 1000} s`,
    {
      next: 'Look at what it waits for, then run the command again.',
    },
  );
}

function missing(name: ToolName, cause: Error): WindtunnelError {
  return new WindtunnelError('missing-tool', `${name} cannot be started: ${cause.message}`, {
    cause,
    next: howToInstall(name),
  });
}
