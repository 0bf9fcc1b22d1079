import { expect, test } from 'vitest';
import { WindtunnelError } from '../../errors.ts';
import { ApiError, kubeError } from './errors.ts';

test.each([
  [401, 'preflight', /kubeconfig/],
  [403, 'preflight', /kubeconfig/],
  [404, 'unknown-reference', /not there/],
  [409, 'not-ours', /Another tool/],
  [422, 'rejected', /Correct/],
  [429, 'rejected', /webhook/],
  [500, 'rejected', /webhook/],
])('HTTP %i is %s, with what to do next', (status, code, next) => {
  const error = kubeError(new ApiError(status, '', { message: 'because' }), 'doing it');
  expect(error).toMatchObject({ code, message: 'doing it: because' });
  expect(error.next).toMatch(next);
});

test('no answer is unreachable; an error of ours stays as it is', () => {
  const cause = new Error('fetch failed', { cause: new Error('connect ECONNREFUSED') });
  expect(kubeError(cause, 'doing it')).toMatchObject({
    code: 'unreachable',
    message: 'doing it: connect ECONNREFUSED',
    next: expect.stringContaining('kubectl get nodes'),
  });
  const ours = new WindtunnelError('timeout', 'too late');
  expect(kubeError(ours, 'doing it')).toBe(ours);
});
