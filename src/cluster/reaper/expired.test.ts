import { expect, test } from 'vitest';
import type { HeldLease } from '../lease/record.ts';
import { expired, revertGraceMs, sight, type Sightings } from './expired.ts';

const lease = (over: Partial<HeldLease> = {}): HeldLease => ({
  owner: 'experiment-a',
  namespace: 'shop',
  state: 'held',
  leaseSeconds: 10,
  entries: [],
  uid: 'u1',
  resourceVersion: '1',
  ...over,
});
const none: Sightings = new Map();

test('a lease runs out when it has not changed for as long as it lasts', () => {
  const seen = sight(none, [lease()], 1000);
  expect(expired(seen, [lease()], 10_999)).toEqual([]);
  expect(expired(seen, [lease()], 11_000)).toEqual([lease()]);
});

test('a renewal begins the time anew, whatever it says of the time', () => {
  const renewed = lease({ resourceVersion: '2' });
  const seen = sight(sight(none, [lease()], 0), [renewed], 9000);
  expect(expired(seen, [renewed], 18_999)).toEqual([]);
  expect(expired(seen, [renewed], 19_000)).toEqual([renewed]);
});

test('looking again without a change does not begin it anew', () => {
  const seen = sight(sight(none, [lease()], 0), [lease()], 9999);
  expect(expired(seen, [lease()], 10_000)).toEqual([lease()]);
});

test('a lease of the same owner that was made anew has its whole time', () => {
  const anew = lease({ uid: 'u2' });
  const seen = sight(sight(none, [lease()], 0), [anew], 9000);
  expect(expired(seen, [anew], 10_000)).toEqual([]);
});

test('a lease without an end stays', () => {
  const endless = lease({ leaseSeconds: undefined });
  expect(expired(sight(none, [endless], 0), [endless], 1e12)).toEqual([]);
});

test('a revert that someone began and did not end is gone on with after a while', () => {
  const half = lease({ state: 'reverting', leaseSeconds: undefined });
  const seen = sight(none, [half], 0);
  expect(expired(seen, [half], revertGraceMs - 1)).toEqual([]);
  expect(expired(seen, [half], revertGraceMs)).toEqual([half]);
});

test('what was not looked at has not run out, and what is gone is forgotten', () => {
  expect(expired(none, [lease()], 1e12)).toEqual([]);
  expect(sight(sight(none, [lease()], 0), [], 1)).toEqual(none);
});
