import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { topology } from '../../../services/topology.ts';
import { cliImage, shopImage } from './catalogue.ts';
import { imageContext } from './context.ts';
import { importClosure } from './imports.ts';
import { packageClosure } from './lockfile.ts';
import { tarOf } from './tar.ts';
import { writeContext } from './write-context.ts';

const projectDir = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

test('packages are followed as Node resolves them: the nearest folder, peers, and no tools for one system', () => {
  const lockfile = {
    'node_modules/a': {
      dependencies: { b: '1', '@types/c': '1' },
      optionalDependencies: { gone: '1' },
    },
    'node_modules/a/node_modules/b': {
      peerDependencies: { peer: '1', maybe: '1' },
      peerDependenciesMeta: { maybe: { optional: true } },
    },
    'node_modules/b': { version: 'another' },
    'node_modules/peer': { optionalDependencies: { native: '1' } },
    'node_modules/native': { os: ['darwin'] },
    'node_modules/unused': {},
  };
  expect(packageClosure(lockfile, ['a'])).toEqual([
    'node_modules/a',
    'node_modules/a/node_modules/b',
    'node_modules/peer',
  ]);
  expect(() => packageClosure(lockfile, ['none'])).toThrow("lacks 'none', which the image needs");
});

test('imports are followed, later ones and files named by URL too; types are not', () => {
  const files: Record<string, string> = {
    'app/main.ts': `
import { x } from './x.ts';
import type { T } from 'only-types';
import {
  type U,
  one,
} from '@scope/name/deep';
export * from '../lib/y.ts';
const z = await import('./z.ts');
const proto = new URL('./contract.proto', import.meta.url);`,
    'app/x.ts': "import 'side-effect';\nimport { join } from 'node:path';",
    'app/z.ts': "import { no } from './left-out.ts';",
    'app/left-out.ts': "import 'never';",
    'app/contract.proto': "import 'google/x.proto';",
    'lib/y.ts': "import typebox from 'typebox/value';",
  };
  const found = importClosure(
    ['app/main.ts'],
    (file) => files[file],
    (file) => file.includes('left-out'),
  );
  expect(found).toEqual({
    files: ['app/contract.proto', 'app/main.ts', 'app/x.ts', 'app/z.ts', 'lib/y.ts'],
    packages: ['@scope/name', 'side-effect', 'typebox'],
  });
});

test('the image of the shop has every service, its contracts and what they import, and no tests or tools', () => {
  const { files, packages } = imageContext(projectDir, shopImage(topology.image));
  for (const { name } of topology.services) expect(files).toContain(`services/${name}/main.ts`);
  expect(files).toContain('services/payments/payments.proto');
  expect(files.filter((file) => file.includes('.test.'))).toEqual([]);
  expect(packages).toEqual(expect.arrayContaining(['node_modules/fastify', 'node_modules/ajv']));
  expect(packages).not.toContain('node_modules/cdk8s');
  expect(packages).not.toContain('node_modules/typescript');
});

test('the image of the CLI has its programs, without what only synth and reports need', () => {
  const { files, packages } = imageContext(projectDir, cliImage);
  expect(files).toEqual(expect.arrayContaining(['src/cli/main.ts', 'src/cluster/reaper/main.ts']));
  expect(packages).not.toContain('node_modules/cdk8s');
  expect(packages).not.toContain('node_modules/echarts');
});

describe('a small project', () => {
  let project: string;
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(join(project, dirname(file)), { recursive: true });
    await writeFile(join(project, file), text);
  };
  const spec = { name: 'demo:1', dockerfile: 'app/Dockerfile', programs: 'app' };
  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), 'windtunnel-image-'));
    const packages = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } };
    await write('package-lock.json', JSON.stringify({ packages }));
    await write('package.json', '{"type":"module"}');
    await write('app/Dockerfile', 'FROM scratch\n');
    await write('app/one/main.ts', "import a from 'a';");
    await write('node_modules/a/package.json', '{"version":"1.0.0"}');
    await write('node_modules/a/index.js', 'export default 1;');
    await write('node_modules/a/index.d.ts', 'export default 1;');
  });
  afterEach(() => rm(project, { recursive: true, force: true }));

  test('gives the same digest and the same bytes for the same content, whenever it was written', async () => {
    const one = imageContext(project, spec);
    const bytes = tarOf(one.content());
    await write('app/one/main.ts', "import a from 'a';");
    await utimes(join(project, 'app/one/main.ts'), 0, 0);
    const two = imageContext(project, spec);
    expect(two.digest).toBe(one.digest);
    expect(Buffer.compare(bytes, tarOf(two.content()))).toBe(0);
  });

  test('gives another digest when its source, Dockerfile or a locked version changes', async () => {
    const digests = [imageContext(project, spec).digest];
    await write('app/one/main.ts', "import b from 'a';");
    digests.push(imageContext(project, spec).digest);
    await write('app/Dockerfile', 'FROM other\n');
    digests.push(imageContext(project, spec).digest);
    const packages = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-y' } };
    await write('package-lock.json', JSON.stringify({ packages }));
    digests.push(imageContext(project, spec).digest);
    expect(new Set(digests).size).toBe(4);
  });

  test('puts what runs into the image, and leaves types out', () => {
    expect(
      imageContext(project, spec)
        .content()
        .map(({ path }) => path),
    ).toEqual([
      'Dockerfile',
      'dependencies/node_modules/a/index.js',
      'dependencies/node_modules/a/package.json',
      'source/app/one/main.ts',
      'source/package.json',
    ]);
  });

  test('is written as it is sent to Docker, over what was written before, for all to read', async () => {
    const folder = join(project, 'out');
    const { signal } = new AbortController();
    await writeContext(folder, imageContext(project, spec), signal);
    await write('out/source/app/old.ts', '');
    await writeContext(folder, imageContext(project, spec), signal);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const found = files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name));
    const sent = imageContext(project, spec).content();
    expect(found.sort()).toEqual([
      join(folder, '.windtunnel-context'),
      ...sent.map(({ path }) => join(folder, path)),
    ]);
    for (const { path, content } of sent) {
      expect(await readFile(join(folder, path))).toEqual(content);
      expect((await stat(join(folder, path))).mode & 0o777).toBe(0o644);
    }
    expect((await stat(join(folder, 'source/app'))).mode & 0o777).toBe(0o755);
  });

  test('is not written into a folder that holds something else', async () => {
    await write('out/Dockerfile', 'FROM mine');
    const { signal } = new AbortController();
    const written = writeContext(join(project, 'out'), imageContext(project, spec), signal);
    await expect(written).rejects.toMatchObject({ code: 'not-ours' });
    expect(await readdir(join(project, 'out'))).toEqual(['Dockerfile']);
  });

  test('is refused when node_modules is not what package-lock.json says', async () => {
    await write('node_modules/a/package.json', '{"version":"2.0.0"}');
    expect(() => imageContext(project, spec)).toThrow(
      'node_modules/a is 2.0.0, package-lock.json says 1.0.0',
    );
  });
});

test('a tar archive has names of any length, and a checksum that holds', () => {
  const long = `${'folder/'.repeat(18)}file.ts`;
  const archive = Buffer.from(tarOf([{ path: long, content: Buffer.from('hello') }]));
  expect(archive.length % 512).toBe(0);
  const [prefix, name] = [archive.subarray(345, 500), archive.subarray(0, 100)].map((field) =>
    field.toString().replaceAll('\0', ''),
  );
  expect(`${prefix}/${name}`).toBe(long);
  const sum = archive
    .subarray(0, 512)
    .reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  expect(Number.parseInt(archive.subarray(148, 154).toString(), 8)).toBe(sum);
  expect(archive.subarray(512, 517).toString()).toBe('hello');
});
