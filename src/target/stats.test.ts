import { expect, test } from 'vitest';
import { parseStats, sumStats } from './stats.ts';

test('counters and gauges are read and summed over pods, histograms left out', () => {
  const body = JSON.stringify({
    stats: [{ name: 'a', value: 2 }, { name: 'b', value: 0 }, { histograms: {} }],
  });
  expect(parseStats(body)).toEqual({ a: 2, b: 0 });
  expect(parseStats('{"stats":[]}')).toEqual({});
  expect(sumStats([parseStats(body), { a: 3, c: 1 }])).toEqual({ a: 5, b: 0, c: 1 });
});
