import { ServiceError } from '../kit/errors.ts';

/** Wakes those who wait for a change of a SKU. */
export interface Watchers {
  /** Registers a watcher; throws `resource-exhausted` when there are too many. Call its `close` in any case. */
  watch(sku: string): Watcher;
  /** Says that a SKU has changed. */
  notify(sku: string): void;
  /** How many there are. */
  count(): number;
}

/** One who waits. It holds no queue: changes that come while it is busy are one change, so that memory is bounded. */
export interface Watcher {
  /** Resolves to true at the next change, at once if there was one since the last; to false when `signal` aborts. */
  changed(signal: AbortSignal): Promise<boolean>;
  close(): void;
}

interface Entry {
  dirty: boolean;
  wake: (() => void) | undefined;
}

/** @param maxWatchers how many may wait at once, over all SKUs */
export function createWatchers(maxWatchers: number): Watchers {
  const entries = new Map<string, Set<Entry>>();
  let count = 0;
  return {
    count: () => count,
    notify(sku) {
      for (const entry of entries.get(sku) ?? []) {
        entry.dirty = true;
        entry.wake?.();
      }
    },
    watch(sku) {
      if (count >= maxWatchers) {
        throw new ServiceError(
          'resource-exhausted',
          `there are ${count} watchers; no more are allowed`,
        );
      }
      const entry: Entry = { dirty: false, wake: undefined };
      const siblings = entries.get(sku) ?? new Set();
      entries.set(sku, siblings.add(entry));
      count++;
      return {
        changed: (signal) => waitForChange(entry, signal),
        close() {
          if (!siblings.delete(entry)) return;
          count--;
          if (siblings.size === 0) entries.delete(sku);
        },
      };
    },
  };
}

function waitForChange(entry: Entry, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (): void => {
      entry.wake = undefined;
      signal.removeEventListener('abort', settle);
      const { dirty } = entry;
      entry.dirty = false;
      resolve(dirty && !signal.aborted);
    };
    if (entry.dirty || signal.aborted) {
      settle();
      return;
    }
    entry.wake = settle;
    signal.addEventListener('abort', settle);
  });
}
