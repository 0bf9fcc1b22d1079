import { expect, test } from 'vitest';
import { failureOf } from './http-client.ts';
import { problemOf } from './problem.ts';

const problem = (status: number, code?: 'not-found' | 'failed-precondition' | 'unavailable') =>
  JSON.stringify(problemOf(status, 'said the callee', code, { orderId: 'o-1' }));

test('a problem of the callee keeps its code, its detail and its facts', () => {
  expect(failureOf('orders', 409, problem(409, 'failed-precondition'))).toEqual({
    code: 'failed-precondition',
    callee: 'orders',
    detail: 'said the callee',
    facts: { orderId: 'o-1' },
  });
});

test.each([
  ['a 404 of a proxy without a route', 404, ''],
  ['a 404 of a server without such a route', 404, problem(404)],
  ["a 403 of the mesh's authorization", 403, 'RBAC: access denied'],
  ['a code that is not in the list', 404, '{"code":"nope"}'],
  ['a code in something that is not an object', 404, '"not-found"'],
])('%s is a failure of the call, not an answer', (_what, status, text) => {
  expect(failureOf('users', status, text).code).toBe('callee-failed');
});

test.each([
  [500, 'callee-failed'],
  [502, 'callee-failed'],
  [503, 'unavailable'],
  [504, 'deadline-exceeded'],
])('%i is %s, whatever its body says', (status, code) => {
  expect(failureOf('users', status, '')).toEqual({
    code,
    callee: 'users',
    detail: `it answered ${status}`,
    facts: {},
  });
  expect(failureOf('users', status, problem(status, 'not-found')).code).toBe(code);
});
