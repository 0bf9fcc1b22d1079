import { expect, test } from 'vitest';
import { matrixOwner, ownerOf, ownersOfExperiment, passingOwners } from './owners.ts';

const retries = ownerOf('retries', 'users');
const budget = ownerOf('retries-budget', 'users');
const timeouts = ownerOf('timeouts', 'users');
const owners = [retries, budget, 'windtunnel apply', timeouts, matrixOwner];

test('what commands changed while they ran is reverted, not what a user applied', () => {
  expect(passingOwners(owners)).toEqual([retries, budget, timeouts, matrixOwner]);
});

test('an experiment is told from one whose name begins with its name', () => {
  const known = ['retries', 'retries-budget', 'timeouts'];
  expect(ownersOfExperiment(owners, 'retries', known)).toEqual([retries]);
  expect(ownersOfExperiment(owners, 'retries-budget', known)).toEqual([budget]);
});

test('one that is not in the catalogue any more is found by its name', () => {
  expect(ownersOfExperiment([ownerOf('gone', 'users')], 'gone', ['retries'])).toEqual([
    'experiment-gone-users',
  ]);
});
