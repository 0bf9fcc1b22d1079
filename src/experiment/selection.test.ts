import { expect, test } from 'vitest';
import { retries } from '../../experiments/retries.ts';
import { cellsOf } from './language.ts';
import { selectCells } from './selection.ts';

const chosen = (...conditions: string[]): string[] =>
  cellsOf(retries)
    .filter(selectCells(retries, conditions))
    .map(({ edge, factors }) => `${edge.service} ${Object.values(factors).join(' ')}`);

test('values of one condition are alternatives, several conditions must all hold', () => {
  expect(chosen('retries=0,3', 'failureProbability=0.5', 'edge=users.get')).toEqual([
    'users 0.5 0',
    'users 0.5 3',
  ]);
  expect(chosen('edge=Reserve')).toHaveLength(8);
});

test.each([
  ['retires=2', /has no factor 'retires'/],
  ['retries', /is not NAME=VALUE/],
  ['retries=', /is not NAME=VALUE/],
  ['retries=9', /no cell of retries is left/],
])('%s is refused', (condition, reason) => {
  expect(() => selectCells(retries, [condition])).toThrow(reason);
});
