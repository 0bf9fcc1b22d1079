import { expect, test } from 'vitest';
import { createBoundedMap } from './bounded-map.ts';

test('keeps the latest values, and never more than twice as many', () => {
  const map = createBoundedMap<number>(10);
  for (let index = 0; index < 1000; index++) {
    map.set(`key-${index}`, index);
    for (let back = 0; back < Math.min(index + 1, 10); back++) {
      expect(map.get(`key-${index - back}`)).toBe(index - back);
    }
    expect(map.size).toBeLessThanOrEqual(20);
  }
  expect(map.get('key-0')).toBeUndefined();
});

test('setting a key again replaces its value and counts as its latest use', () => {
  const map = createBoundedMap<string>(2);
  map.set('a', 'first');
  map.set('b', 'x');
  map.set('a', 'second');
  expect(map.get('a')).toBe('second');
  map.set('c', 'x');
  expect(map.get('a')).toBe('second');
});
