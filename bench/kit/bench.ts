import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { WindtunnelError } from '../../src/errors.ts';
import { createProgress, type Progress } from '../../src/progress.ts';

/** What a bench gets to run with. */
export interface BenchInput {
  progress: Progress;
  /** Aborted by Ctrl-C: the bench then takes away what it made. */
  signal: AbortSignal;
  /** The text of an option; its default when it was not given. */
  text(name: string): string | undefined;
  /** A whole number from `least` (default 1) on. Throws `usage` for anything else. */
  number(name: string, least?: number): number;
  flag(name: string): boolean;
}

/** A bench as a program. */
export interface Bench {
  /** What `--help` prints. */
  help: string;
  /** Its options beside `--help`: those with a default take a value. */
  options: Record<string, { type: 'string'; default?: string } | { type: 'boolean' }>;
  run(input: BenchInput): Promise<void>;
}

const cleanUpLimitMs = 180_000;

/** Runs a bench with the options of the command line. The first Ctrl-C ends it in order, the second at once. */
export async function runBench({ help, options, run }: Bench): Promise<void> {
  const abort = new AbortController();
  onInterrupt(abort);
  const progress = createProgress({
    write: (text) => void process.stderr.write(text),
    nowMs: () => performance.now(),
    interactive: process.stderr.isTTY && !process.env.CI,
  });
  try {
    const values = readOptions(options);
    if (values.help === true) return void process.stdout.write(`${help.trim()}\n`);
    const text = (name: string): string | undefined => values[name] as string | undefined;
    progress.note(`load of the machine at the start: ${load()}`);
    await run({
      progress,
      signal: abort.signal,
      text,
      number: (name, least = 1) => wholeNumber(name, text(name), least),
      flag: (name) => values[name] === true,
    });
    progress.note(`load of the machine at the end: ${load()}`);
  } catch (thrown) {
    if (abort.signal.aborted) {
      progress.note('interrupted; what it had made is taken away');
      process.exitCode = 130;
      return;
    }
    const { message, code, next } = WindtunnelError.from(thrown);
    process.stderr.write(`${message} [${code}]\n${next === undefined ? '' : `  next: ${next}\n`}`);
    process.exitCode = 1;
  }
}

function readOptions(options: Bench['options']): Record<string, unknown> {
  try {
    return parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (thrown) {
    throw new WindtunnelError('usage', (thrown as Error).message, { next: 'see --help' });
  }
}

function onInterrupt(abort: AbortController): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (abort.signal.aborted) process.exit(130);
      process.stderr.write(`\n${name}: stopping and cleaning up; once more to stop at once\n`);
      abort.abort(name);
      setTimeout(() => process.exit(130), cleanUpLimitMs).unref();
    });
  }
}

function wholeNumber(name: string, given: string | undefined, least: number): number {
  const number = Number(given);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new WindtunnelError('usage', `--${name} ${given}: not a whole number from ${least} on`, {
    next: 'see --help',
  });
}

/** Load averages of the last 1 and 5 minutes: what a bench shared the machine with. */
export function load(): string {
  const [one = 0, five = 0] = loadavg();
  return `${one.toFixed(1)}, ${five.toFixed(1)}`;
}
