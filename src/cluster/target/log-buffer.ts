/** Lines in the order in which they came, the oldest of which are dropped when there are too many. */
export interface LogBuffer<T> {
  add(line: T): void;
  /** The position behind the last line: a mark. */
  end(): number;
  /**
   * Lines from `mark` on; 0 is all that is kept, beyond the end is none. `lost` is how many of them were dropped, 0 for
   * mark 0, which asks for no particular ones.
   */
  since(mark: number): { lines: T[]; lost: number };
}

/** Makes a {@link LogBuffer} of `most` lines. */
export function createLogBuffer<T>(most: number): LogBuffer<T> {
  let lines: T[] = [];
  let first = 0;
  return {
    add: (line) => {
      lines.push(line);
      // Dropped a quarter at a time: one by one would copy the list for each.
      if (lines.length <= most) return;
      const dropped = Math.ceil(most / 4);
      lines = lines.slice(dropped);
      first += dropped;
    },
    end: () => first + lines.length,
    since: (mark) => ({
      lines: lines.slice(Math.max(0, mark - first)),
      lost: mark === 0 ? 0 : Math.max(0, first - mark),
    }),
  };
}
