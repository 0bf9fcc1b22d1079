import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inParallel } from './in-parallel.ts';

test('results are in the order of the items, and no more than so many are worked on at once', async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([3, 1, 2, 1], 2, async (item) => {
    most = Math.max(most, ++running);
    await sleep(item * 2);
    running--;
    return item * 10;
  });
  expect(results).toEqual([30, 10, 20, 10]);
  expect(most).toBe(2);
});

test('after a failure nothing more is begun', async () => {
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    await sleep(item);
    if (item === 1) throw new Error('no');
  };
  await expect(inParallel([1, 5, 3, 4], 2, work)).rejects.toThrow('no');
  await sleep(50);
  expect(begun).toEqual([1, 5]);
});
