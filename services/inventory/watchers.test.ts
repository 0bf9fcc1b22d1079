import { expect, test } from 'vitest';
import { createWatchers } from './watchers.ts';

const never = new AbortController().signal;

test('a watcher wakes for its own SKU only', async () => {
  const watchers = createWatchers(10);
  const changed = watchers.watch('apple').changed(never);
  let woken = false;
  void changed.then(() => (woken = true));
  watchers.notify('book');
  await new Promise((resolve) => setImmediate(resolve));
  expect(woken).toBe(false);
  watchers.notify('apple');
  expect(await changed).toBe(true);
});

test('changes that come while a watcher is busy are one, and none is lost', async () => {
  const watchers = createWatchers(10);
  const watcher = watchers.watch('apple');
  for (let count = 0; count < 1000; count++) watchers.notify('apple');
  expect(await watcher.changed(never)).toBe(true);
  const next = watcher.changed(never);
  watchers.notify('apple');
  expect(await next).toBe(true);
});

test('an aborted wait ends with false', async () => {
  const watcher = createWatchers(10).watch('apple');
  const gone = new AbortController();
  const changed = watcher.changed(gone.signal);
  gone.abort();
  expect(await changed).toBe(false);
  expect(await watcher.changed(gone.signal)).toBe(false);
});

test('there are no more watchers than allowed; closing one, even twice, makes room for one', () => {
  const watchers = createWatchers(2);
  const first = watchers.watch('apple');
  watchers.watch('book');
  const full = expect.objectContaining({ code: 'resource-exhausted' });
  expect(() => watchers.watch('apple')).toThrow(full);
  first.close();
  first.close();
  expect(watchers.count()).toBe(1);
  watchers.watch('apple');
  expect(() => watchers.watch('apple')).toThrow(full);
});
