/** Steps that undo what was started. */
export interface Undo {
  add(step: () => Promise<unknown> | void): void;
  /** Runs them last to first, each at most once; none is left out because another failed. */
  run(): Promise<void>;
}

/** Makes an empty {@link Undo}. */
export function createUndo(): Undo {
  const steps: (() => Promise<unknown> | void)[] = [];
  let running: Promise<void> = Promise.resolve();
  const runAll = async (): Promise<void> => {
    for (let step = steps.pop(); step; step = steps.pop()) {
      await Promise.resolve()
        .then(step)
        .catch(() => {});
    }
  };
  return {
    add: (step) => void steps.push(step),
    // Whoever asks a second time waits for the first, too.
    run: () => {
      running = running.then(runAll);
      return running;
    },
  };
}
