/** Values by key, of which only the latest are kept. */
export interface BoundedMap<Value> {
  get(key: string): Value | undefined;
  /** Keeps a value as the latest one, whether or not the key is known. */
  set(key: string, value: Value): void;
  /** How many are kept. */
  readonly size: number;
}

/**
 * Keeps at least the `keep` latest values and at most twice as many; older ones are forgotten by the half.
 * Forgetting one by one would be exact, but finding the first entry of a Map walks over all those deleted before it.
 */
export function createBoundedMap<Value>(keep: number): BoundedMap<Value> {
  let recent = new Map<string, Value>();
  let older = new Map<string, Value>();
  return {
    get: (key) => recent.get(key) ?? older.get(key),
    set(key, value) {
      older.delete(key);
      recent.set(key, value);
      if (recent.size < keep) return;
      older = recent;
      recent = new Map();
    },
    get size() {
      return recent.size + older.size;
    },
  };
}
