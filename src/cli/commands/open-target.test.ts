import { expect, test } from 'vitest';
import { targetName } from './open-target.ts';

test('without --target it is the local mesh, or what the command says', () => {
  expect(targetName({})).toBe('local');
  expect(targetName({}, 'kind')).toBe('kind');
  expect(targetName({ target: 'current', context: 'lab' }, 'kind')).toBe('current');
});

test('an option of another target is a mistake, not passed over', () => {
  // `down --cluster two` must not end the local mesh.
  expect(() => targetName({ cluster: 'two' })).toThrow('--cluster is for --target kind, not local');
  expect(() => targetName({ target: 'kind', name: 'mine' })).toThrow('--name is for');
  expect(() => targetName({ context: 'lab' }, 'kind')).toThrow('--context is for');
  expect(() => targetName({ target: 'moon' })).toThrow('there is no such target');
});
