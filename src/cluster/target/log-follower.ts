import { setTimeout as sleep } from 'node:timers/promises';

/** A log that can be followed; each line begins with its time and a space. */
export type LogSource = (
  range: { sinceTime?: string; tailLines?: number },
  signal: AbortSignal,
) => AsyncIterable<string>;

/** Follows one container's log until it is closed, over broken connections. */
export interface LogFollower {
  /** Time of the last line that came; empty when none has. */
  lastTime(): string;
  /** Resolves when a line of that time or later has come, or after `timeoutMs`; tells which. */
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
  const { source, onLine, goesOn, tailLines, retryMs = 200 } = options;
  const abort = new AbortController();
  let last = '';
  /** How many lines had exactly the time `last`. */
  let ofLast = 0;

  const readOnce = async (): Promise<void> => {
    const first = tailLines === undefined ? {} : { tailLines };
    const range: { sinceTime?: string; tailLines?: number } =
      last === '' ? first : { sinceTime: last };
    // What was had before this stream began; clocks that jump back later must not hide lines.
    let known = last;
    let toSkip = ofLast;
    for await (const text of source(range, abort.signal)) {
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
  };

  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      await readOnce().catch(() => {});
      if (abort.signal.aborted || !(await goesOn().catch(() => true))) return;
      await sleep(retryMs, undefined, { signal: abort.signal }).catch(() => {});
    }
  };
  void run();

  return {
    lastTime: () => last,
    reached: async (time, timeoutMs) => {
      const endMs = performance.now() + timeoutMs;
      for (;;) {
        if (last >= time) return true;
        if (abort.signal.aborted || performance.now() > endMs) return false;
        await sleep(5);
      }
    },
    close: () => abort.abort(),
  };
}
