import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommandInput } from '../command.ts';
import { silentProgress } from '../../progress.ts';
import { analyzeCommand } from './analyze.ts';
import { synthCommand } from './synth.ts';

let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windtunnel-synth-'));
  printed = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const input = (options: CommandInput['options'], positionals: string[] = []): CommandInput => ({
  options,
  positionals,
  parameters: {},
  projectDir: join(import.meta.dirname, '..', '..', '..'),
  cwd: folder,
  env: {},
  print: (line) => printed.push(line),
  progress: silentProgress,
  signal: new AbortController().signal,
});

test('synth writes a folder, --check finds it fresh, and stale after an edit', async () => {
  expect(await synthCommand.run(input({ out: 'out' }))).toBe(0);
  expect(printed.at(-1)).toBe('7 files in out, 7 changed');
  expect(await readdir(join(folder, 'out'))).toHaveLength(7);

  expect(await synthCommand.run(input({ out: 'out', check: true }))).toBe(0);
  expect(printed.at(-1)).toBe('out is fresh: 7 files');

  await appendFile(join(folder, 'out', 'users.yaml'), '# edited\n');
  await expect(synthCommand.run(input({ out: 'out', check: true }))).rejects.toMatchObject({
    code: 'stale-manifests',
    message: expect.stringMatching(
      /out\/users\.yaml: differs\n {2}@@ line \d+\n.*# edited/,
    ) as string,
  });
});

test('--check of a folder that is not there names every file', async () => {
  await expect(synthCommand.run(input({ out: 'none', check: true }))).rejects.toMatchObject({
    message: expect.stringContaining('none/users.yaml: missing') as string,
  });
});

test('analyze has nothing against the manifests of the project', async () => {
  expect(await analyzeCommand.run(input({}))).toBe(0);
  expect(printed.at(-1)).toMatch(/^\d+ resources: 0 errors, 0 warnings$/);
});

test('analyze exits 1 on an error, and prints JSON when asked', async () => {
  await synthCommand.run(input({ out: 'out' }));
  await appendFile(
    join(folder, 'out', 'users.yaml'),
    [
      '---',
      'apiVersion: networking.istio.io/v1',
      'kind: VirtualService',
      'metadata: {name: slow, namespace: shop}',
      'spec:',
      '  hosts: [payments]',
      '  http:',
      '    - timeout: 1s',
      '      retries: {attempts: 1, perTryTimeout: 2s, retryOn: reset}',
      '      route: [{destination: {host: payments}}]',
    ].join('\n'),
  );
  expect(await analyzeCommand.run(input({ json: true }, ['out']))).toBe(1);
  expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject([
    { code: 'D3', severity: 'error', file: 'out/users.yaml', name: 'slow' },
  ]);
  expect(await analyzeCommand.run(input({}, ['out']))).toBe(1);
  expect(printed.at(-1)).toMatch(/: 1 error, 0 warnings$/);
});
