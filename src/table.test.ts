import { expect, test } from 'vitest';
import { tableLines } from './table.ts';

test('columns are as wide as their widest cell, aligned as asked for, without spaces at the end', () => {
  const rows = [
    ['NAME', 'ms', 'WHY'],
    ['a', '1000', ''],
    ['longer', '5', 'because'],
  ];
  expect(tableLines(rows, [1])).toEqual([
    'NAME      ms  WHY',
    'a       1000',
    'longer     5  because',
  ]);
  expect(tableLines(rows)[2]).toBe('longer  5     because');
});

test('no rows are no lines, and a short row is a short line', () => {
  expect(tableLines([])).toEqual([]);
  expect(tableLines([['a', 'b'], ['c']])).toEqual(['a  b', 'c']);
});
