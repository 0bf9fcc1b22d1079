import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { WindtunnelError } from '../errors.ts';

/** Where fetched programs are kept: `$XDG_CACHE_HOME/windtunnel`, else `~/.cache/windtunnel`. */
export function cacheFolder(env: Record<string, string | undefined>): string {
  const base = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache');
  return join(base, 'windtunnel');
}

const reasons: Record<string, string> = {
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
  EROFS: 'it is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENOTDIR: 'a part of its path is a file',
  ENOENT: 'no folder can be made there',
  EEXIST: 'a part of its path is a file',
};

/** Makes sure that `folder` is there and writable, before anything is downloaded for it. Throws `io`. */
export async function ensureWritable(folder: string): Promise<void> {
  const probe = join(folder, `.probe-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await makeFolder(folder);
    await writeFile(probe, '');
    await rm(probe, { force: true });
  } catch (cause) {
    throw cacheError(folder, cause);
  }
}

/**
 * Puts a program into the cache in one step: whoever looks sees nothing or all of it, and of two processes that do the
 * same at once the later one's file stays. Throws `io`.
 */
export async function storeProgram(
  folder: string,
  name: string,
  content: Uint8Array,
): Promise<string> {
  const path = join(folder, name);
  const temporary = join(folder, `.${name}-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await writeFile(temporary, content, { mode: 0o755, flush: true });
    await rename(temporary, path);
    return path;
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cacheError(folder, cause);
  }
}

function cacheError(folder: string, cause: unknown): WindtunnelError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return new WindtunnelError(
    'io',
    `the cache folder ${folder} cannot be used: ${reasons[code] ?? message}`,
    {
      next: 'make it writable, or set XDG_CACHE_HOME to a folder that is (about 110 MB)',
      cause,
    },
  );
}

/** Makes a folder and those above it. Node's recursive mkdir turns for ever where a parent is there that takes no folder (/proc). */
async function makeFolder(folder: string): Promise<void> {
  try {
    await makeOne(folder);
  } catch (cause) {
    const above = dirname(folder);
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw cause;
    await makeFolder(above);
    // Once more and no oftener: the folder above is there now, whoever made it.
    await makeOne(folder);
  }
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw cause;
  }
}
