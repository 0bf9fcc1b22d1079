import { expect, it } from 'vitest';
import { duration, durationSeconds, parseDurationNanos } from './duration.ts';

it.each([
  ['1s', '1s'],
  ['0s', '0s'],
  ['1.5s', '1.500s'],
  ['250ms', '0.250s'],
  ['1h1m1s', '3661s'],
  ['10us', '0.000010s'],
  ['1ns', '0.000000001s'],
  ['0.1s', '0.100s'],
  ['-2s', '-2s'],
])('writes %s as protojson does: %s', (text, expected) => {
  expect(duration(text)).toBe(expected);
});

it.each(['', '5', 's', '1 s', '1d', 'abc', '1s!'])('takes %j for no duration', (text) => {
  expect(parseDurationNanos(text)).toBeUndefined();
});

it('cuts seconds towards zero', () => {
  expect(durationSeconds('1.9s')).toBe('1');
});
