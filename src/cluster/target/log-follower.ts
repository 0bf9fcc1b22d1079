import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';

/** A log that can be followed; each line begins with its time and a space. */
export type LogSource = (
  range: { sinceTime?: string; tailLines?: number },
  signal: AbortSignal,
) => AsyncIterable<string>;

/** Follows one container's log until it is closed, over broken connections. */
export interface LogFollower {
  /** Time of the last line that came; empty when none has. */
  lastTime(): string;
  /** Why the log cannot be read now: the last error since a line came, or a stream ended well. */
  problem(): unknown;
  /** Resolves to true when a line of that time or later has come; to false after `timeoutMs`, or when none can come any more. */
  reached(time: string, timeoutMs: number): Promise<boolean>;
  close(): void;
}

/** What a follower needs. */
export interface FollowOptions {
  source: LogSource;
  /** Gets each line once, without its time. */
  onLine(line: string): void;
  /** Whether there may be more: a container that has ended writes nothing. Asked after each end of the stream. */
  goesOn(): Promise<boolean>;
  /** Told when the container has ended before its log could be read to the end, and why: lines may be missing. */
  onLost(problem: unknown): void;
  /** Begin with that many of the last lines; undefined: with the first one. */
  tailLines?: number;
  /** Wait before a broken stream is opened again. @default 200 */
  retryMs?: number;
}

/**
 * Starts to follow. After a break it goes on at the second of the last line, as Kubernetes counts no finer, and leaves
 * out what it has had: earlier lines, and as many of the same time as there were.
 */
export function followLog(options: FollowOptions): LogFollower {
  const { source, onLine, onLost, goesOn, tailLines, retryMs = 200 } = options;
  const abort = new AbortController();
  let last = '';
  /** How many lines had exactly the time `last`. */
  let ofLast = 0;
  let problem: unknown;
  let over = false;

  const readOnce = async (): Promise<void> => {
    const first = tailLines === undefined ? {} : { tailLines };
    const range: { sinceTime?: string; tailLines?: number } =
      last === '' ? first : { sinceTime: last };
    // What was had before this stream began; clocks that jump back later must not hide lines.
    let known = last;
    let toSkip = ofLast;
    for await (const text of source(range, abort.signal)) {
      problem = undefined;
      const space = text.indexOf(' ');
      const time = text.slice(0, space);
      if (known !== '' && time < known) continue;
      if (known !== '' && time === known && toSkip > 0) {
        toSkip--;
        continue;
      }
      if (time !== known) known = '';
      ofLast = time === last ? ofLast + 1 : 1;
      last = time;
      onLine(text.slice(space + 1));
    }
    problem = undefined;
  };
  const tryOnce = (): Promise<void> =>
    readOnce().catch((thrown: unknown) => {
      // A log that is gone, or not there yet, has no lines: only what kept us from reading one that is there matters.
      if (!isAbsent(thrown)) problem = thrown;
    });

  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      await tryOnce();
      if (abort.signal.aborted) return;
      if (!(await goesOn().catch(() => true))) {
        // What has ended can be read for a while.
        if (problem !== undefined) await tryOnce();
        if (problem !== undefined && !abort.signal.aborted) onLost(problem);
        return;
      }
      await sleep(retryMs, undefined, { signal: abort.signal }).catch(() => {});
    }
  };
  void run().finally(() => (over = true));

  return {
    lastTime: () => last,
    problem: () => problem,
    reached: async (time, timeoutMs) => {
      const endMs = performance.now() + timeoutMs;
      for (;;) {
        if (last >= time) return true;
        if (over || abort.signal.aborted || performance.now() > endMs) return false;
        await sleep(5);
      }
    },
    close: () => abort.abort(),
  };
}

/** Whether a container has no log, yet or any more; see `readContainerLog`. */
export function isAbsent(thrown: unknown): boolean {
  return thrown instanceof WindtunnelError && thrown.code === 'unknown-reference';
}
