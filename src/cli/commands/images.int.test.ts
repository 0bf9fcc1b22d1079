import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentProgress } from '../../progress.ts';
import type { CommandInput } from '../command.ts';
import { imagesCommand } from './images.ts';

const projectDir = join(import.meta.dirname, '..', '..', '..');
let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windtunnel-images-'));
  printed = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the command with a `docker` that is this script, or with none. */
async function images(docker?: string, options: CommandInput['options'] = {}): Promise<number> {
  if (docker !== undefined) {
    await writeFile(join(folder, 'docker'), `#!/bin/sh\n${docker}\n`);
    await chmod(join(folder, 'docker'), 0o755);
  }
  return imagesCommand.run({
    options,
    positionals: [],
    parameters: {},
    projectDir,
    cwd: folder,
    env: { PATH: docker === undefined ? folder : `${folder}:${process.env.PATH}` },
    print: (line) => printed.push(line),
    progress: silentProgress,
    signal: new AbortController().signal,
  });
}

/** Knows no image until it is built, and keeps the archive that it is built from. */
const daemon = (dir: string): string => `
cd ${dir}
for last; do :; done
case "$1" in
info) echo '{"ServerVersion":"28.0"}' ;;
build) name=$(echo "$4" | tr / _); cat > "$name.tar" ;;
image) name=$(echo "$last" | tr / _); [ -s "$name.tar" ] && echo '[{"Id":"sha256:aa","Size":1000000}]' ;;
esac`;

test('both images are built, from the whole context', async () => {
  expect(await images(daemon(folder))).toBe(0);
  expect(printed).toEqual([
    'windtunnel/shop:0.1.0: built, 1 MB',
    'windtunnel/cli:0.1.0: built, 1 MB',
  ]);
  const archive = await readFile(join(folder, 'windtunnel_cli:0.1.0.tar'), 'latin1');
  expect(archive).toContain('source/src/cluster/reaper/main.ts');
});

test.each([
  ['none is there', undefined, 'missing-tool', /docker is not on PATH/],
  [
    'its daemon does not answer',
    `echo '{"ServerErrors":["no socket"]}'`,
    'unreachable',
    /Docker daemon does not answer: no socket/,
  ],
])(
  'docker that cannot build, as %s, is said before anything is built',
  async (_, docker, code, message) => {
    await expect(images(docker)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as unknown,
      next: expect.any(String) as unknown,
    });
  },
);

test('--out needs no docker, writes both contexts and says how to build them', async () => {
  expect(await images(undefined, { out: 'contexts' })).toBe(0);
  expect(printed).toContain('  docker build --tag windtunnel/shop:0.1.0 contexts/shop');
  expect(printed).toContain('  docker build --tag windtunnel/cli:0.1.0 contexts/cli');
  const cli = join(folder, 'contexts/cli');
  // As the Dockerfile lays them over each other.
  await symlink(join(cli, 'dependencies/node_modules'), join(cli, 'source/node_modules'));
  const help = [join(cli, 'source/src/cli/main.ts'), '--help'];
  const { stdout } = await promisify(execFile)(process.execPath, help);
  expect(stdout).toContain('usage: windtunnel COMMAND');
  const written = await readFile(join(folder, 'contexts/shop/Dockerfile'));
  expect(written).toEqual(await readFile(join(projectDir, 'services/Dockerfile')));
});
