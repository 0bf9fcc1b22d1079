import { expect, test } from 'vitest';
import { stuckBy } from './stuck.ts';

test.each([
  ['ErrImagePull', 'image'],
  ['RegistryUnavailable', 'image'],
  ['CreateContainerConfigError', 'start'],
  ['CrashLoopBackOff', 'crash'],
  ['ContainerCreating', undefined],
  ['PodInitializing', undefined],
  [undefined, undefined],
])('%s is %s', (reason, stuck) => {
  expect(stuckBy(reason)).toBe(stuck);
});
