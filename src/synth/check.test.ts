import { expect, test } from 'vitest';
import { renderManifests } from '../../charts/app.ts';
import { topology } from '../../services/topology.ts';
import { checkManifests } from './check.ts';

const files = renderManifests(topology);
const changed = (from: string, to: string): Map<string, string> => {
  const text = files.get('users.yaml') ?? '';
  expect(text).toContain(from);
  return new Map([...files, ['users.yaml', text.replace(from, to)]]);
};

test('what synth renders passes', async () => {
  await expect(checkManifests(files)).resolves.toBeUndefined();
});

test.each([
  [
    'perTryTimeout: 200ms',
    'perTryTimeout: 600ms',
    /error D3 users\.yaml:\d+ VirtualService shop\/users/,
  ],
  ['maxEjectionPercent: 50', 'maxEjectionPercent: 49', /error O1 users\.yaml/],
  ['timeout: 600ms', 'timeout: soon', /spec\.http\[0\]\.timeout: 'soon' is no duration/],
  ['maxUnavailable: 1', 'maxUnavailable: [1]', /PodDisruptionBudget shop\/users: /],
])('%s changed to %s is refused before anything is written', async (from, to, message) => {
  await expect(checkManifests(changed(from, to))).rejects.toMatchObject({
    code: 'bad-manifest',
    message: expect.stringMatching(message) as string,
  });
});
