import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shortDiff } from './diff.ts';
import { compareFolder, writeFolder } from './files.ts';

const ours = 'metadata:\n  labels:\n    app.kubernetes.io/managed-by: windtunnel\n';
let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'windtunnel-files-')), 'manifests');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

describe('writing a folder', () => {
  test('makes it, then changes nothing when nothing changed', async () => {
    const wanted = new Map([['a.yaml', 'a: 1\n']]);
    expect(await writeFolder(folder, wanted)).toMatchObject([{ type: 'missing', file: 'a.yaml' }]);
    expect(await writeFolder(folder, wanted)).toEqual([]);
    expect(await readdir(folder)).toEqual(['a.yaml']);
  });

  test('writes into sub-folders, and finds there what is stale or not wanted any more', async () => {
    const wanted = new Map([['sub/a.yaml', 'a: 1\n']]);
    expect(await writeFolder(folder, wanted)).toMatchObject([
      { type: 'missing', file: 'sub/a.yaml' },
    ]);
    expect(await compareFolder(folder, wanted)).toEqual([]);
    await writeFile(join(folder, 'sub', 'old.yaml'), ours);
    expect(await writeFolder(folder, wanted)).toMatchObject([
      { type: 'extra', file: 'sub/old.yaml' },
    ]);
    expect(await readdir(join(folder, 'sub'))).toEqual(['a.yaml']);
  });

  test('rewrites what differs, removes what synth wrote earlier, and leaves the files of others', async () => {
    await mkdir(folder);
    await writeFile(join(folder, 'a.yaml'), 'a: 0\n');
    await writeFile(join(folder, 'old.yaml'), ours);
    await writeFile(join(folder, 'mine.yaml'), 'kind: Mine\n');
    const changes = await writeFolder(folder, new Map([['a.yaml', 'a: 1\n']]));
    expect(changes.map(({ type, file }) => `${type} ${file}`)).toEqual([
      'differs a.yaml',
      'extra old.yaml',
    ]);
    expect((await readdir(folder)).sort()).toEqual(['a.yaml', 'mine.yaml']);
    expect(await readFile(join(folder, 'a.yaml'), 'utf8')).toBe('a: 1\n');
  });

  test('into what is no folder is an error with the next step', async () => {
    await writeFile(folder, '');
    await expect(writeFolder(folder, new Map())).rejects.toMatchObject({
      code: 'io',
      next: 'Check that it is a folder and may be read.',
    });
  });
});

test('comparing tells of files that are missing, differ or are not ours to write', async () => {
  await mkdir(folder);
  await writeFile(join(folder, 'a.yaml'), 'a: 0\n');
  await writeFile(join(folder, 'mine.yaml'), 'kind: Mine\n');
  const wanted = new Map([
    ['a.yaml', 'a: 1\n'],
    ['b.yaml', 'b: 1\n'],
  ]);
  expect(await compareFolder(folder, wanted)).toEqual([
    { type: 'differs', file: 'a.yaml', wanted: 'a: 1\n', found: 'a: 0\n' },
    { type: 'missing', file: 'b.yaml', wanted: 'b: 1\n' },
    { type: 'extra', file: 'mine.yaml', found: 'kind: Mine\n', ours: false },
  ]);
});

test('a difference is shown from its first to its last line', () => {
  expect(shortDiff('a\nb\nc\n', 'a\nB\nc\n')).toBe('  @@ line 2\n  - b\n  + B');
  expect(shortDiff('a\n', 'a\nb\n')).toBe('  @@ line 2\n  + b');
  expect(shortDiff('x\n'.repeat(20), '')).toContain('… 12 more lines');
});
