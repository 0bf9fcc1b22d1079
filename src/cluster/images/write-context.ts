import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import type { ImageContext } from './context.ts';

/** Marks a folder as written here: only such a one is replaced. No Dockerfile copies it. */
const mark = '.windtunnel-context';

/**
 * Writes the context of an image into a folder of its own, so that `docker build` works by hand; resolves to the number of
 * files. One that was written there before is replaced. Throws `not-ours` when the folder holds what others put there.
 */
export async function writeContext(
  folder: string,
  context: Pick<ImageContext, 'content'>,
  signal: AbortSignal,
): Promise<number> {
  await takeAway(folder);
  const files = context.content();
  const folders = new Set(files.flatMap(({ path }) => foldersAbove(path)));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, mark), '');
  // Docker copies permissions, and the image's user is not the one who writes this, whose umask may be strict.
  for (const path of [...folders].sort()) {
    await mkdir(join(folder, path), { recursive: true });
    await chmod(join(folder, path), 0o755);
  }
  const write = async ({ path, content }: (typeof files)[number]): Promise<void> => {
    signal.throwIfAborted();
    await writeFile(join(folder, path), content);
    await chmod(join(folder, path), 0o644);
  };
  // The Dockerfile last: half a context cannot be built.
  for (const file of files.filter(({ path }) => path !== 'Dockerfile')) await write(file);
  for (const file of files.filter(({ path }) => path === 'Dockerfile')) await write(file);
  return files.length;
}

async function takeAway(folder: string): Promise<void> {
  const found = await readdir(folder).catch((thrown: unknown): string[] => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw thrown;
  });
  if (found.length > 0 && !found.includes(mark)) {
    throw new WindtunnelError('not-ours', `${folder} holds what windtunnel images did not write`, {
      next: 'Name another folder, or move away what is there.',
    });
  }
  await rm(folder, { recursive: true, force: true });
}

/** `a/b/c.ts` is in `a` and `a/b`. */
function foldersAbove(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}
