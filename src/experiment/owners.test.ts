import { expect, test } from 'vitest';
import { experimentOwners, ownerOf, ownersOfExperiment } from './owners.ts';

const retries = ownerOf('retries', 'users');
const budget = ownerOf('retries-budget', 'users');
const owners = [retries, budget, 'windtunnel apply', ownerOf('timeouts', 'users')];

test('only experiments are reverted, not what a user applied', () => {
  expect(experimentOwners(owners)).toEqual([retries, budget, ownerOf('timeouts', 'users')]);
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
