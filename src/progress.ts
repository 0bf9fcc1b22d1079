/** Where a step writes what it is doing. */
export interface Step {
  /** Says more of the step that runs, e.g. `3 of 7 ready`. */
  update(text: string): void;
}

/** Progress for people and for logs: a line when a step ends, and a line now and then while it goes on. */
export interface Progress {
  /** Runs `work` as a named step; prints how long it took, or that it failed. */
  step<T>(title: string, work: (step: Step) => Promise<T>): Promise<T>;
  /** A line that is not a step. */
  note(text: string): void;
}

/** What {@link createProgress} needs; all of it can be faked. */
export interface ProgressOptions {
  write(text: string): void;
  nowMs(): number;
  /** Whether the output is a terminal: then the line of a running step is redrawn in place. */
  interactive: boolean;
  /** How often a running step says that it goes on, in a pipe. @default 5000 */
  heartbeatMs?: number;
}

/** Makes a {@link Progress}. In a pipe every line stands alone, without control characters. */
export function createProgress(options: ProgressOptions): Progress {
  const { write, nowMs, interactive, heartbeatMs = 5000 } = options;
  const seconds = (sinceMs: number): string => `${((nowMs() - sinceMs) / 1000).toFixed(1)} s`;

  const step = async <T>(title: string, work: (step: Step) => Promise<T>): Promise<T> => {
    const startedMs = nowMs();
    let detail = '';
    const redraw = (): void =>
      write(`\r\x1b[2K  … ${title}${detail && `: ${detail}`} (${seconds(startedMs)})`);
    const say = (): void =>
      write(`  … ${title}${detail && `: ${detail}`} (${seconds(startedMs)})\n`);
    const timer = setInterval(interactive ? redraw : say, interactive ? 200 : heartbeatMs);
    timer.unref();
    const end = (mark: string, tail: string): void => {
      clearInterval(timer);
      write(`${interactive ? '\r\x1b[2K' : ''}  ${mark} ${title}${tail} (${seconds(startedMs)})\n`);
    };
    try {
      const result = await work({
        update: (text) => {
          detail = text;
        },
      });
      end('✓', detail && `: ${detail}`);
      return result;
    } catch (error) {
      end('✗', '');
      throw error;
    }
  };
  return { step, note: (text) => write(`${interactive ? '\r\x1b[2K' : ''}${text}\n`) };
}

/** Progress that says nothing, for tests and for output that must stay machine-readable. */
export const silentProgress: Progress = {
  step: (_title, work) => work({ update: () => {} }),
  note: () => {},
};
