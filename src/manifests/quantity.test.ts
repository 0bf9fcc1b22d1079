import { expect, it } from 'vitest';
import { readQuantity } from './quantity.ts';

it.each([
  ['250m', 0.25],
  ['128Mi', 134_217_728],
  ['1k', 1000],
  ['1.5', 1.5],
  ['2e3', 2000],
  [2, 2],
  ['12x', undefined],
  ['', undefined],
  [undefined, undefined],
])('reads %s', (text, value) => {
  expect(readQuantity(text)).toBe(value);
});
