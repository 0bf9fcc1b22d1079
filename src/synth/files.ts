import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WindtunnelError } from '../errors.ts';
import { compareText } from '../compare-text.ts';

/** How one file of a folder differs from what synth writes. */
export type FileChange =
  | { type: 'missing'; file: string; wanted: string }
  | { type: 'differs'; file: string; wanted: string; found: string }
  /** Not written by synth; `ours`: it was once, as its labels say. */
  | { type: 'extra'; file: string; found: string; ours: boolean };

/** The label that synth puts on what it writes. */
const OURS = 'app.kubernetes.io/managed-by: windtunnel';

/** Compares the YAML files of a folder and its sub-folders with the wanted ones, by path in it; a folder that isn't there has no files. */
export async function compareFolder(
  folder: string,
  wanted: ReadonlyMap<string, string>,
): Promise<FileChange[]> {
  const present = await readFolder(folder);
  const names = [...new Set([...wanted.keys(), ...present.keys()])].sort(compareText);
  return names.flatMap((file): FileChange[] => {
    const want = wanted.get(file);
    const found = present.get(file);
    if (want === undefined)
      return [{ type: 'extra', file, found: found ?? '', ours: found?.includes(OURS) ?? false }];
    if (found === undefined) return [{ type: 'missing', file, wanted: want }];
    return found === want ? [] : [{ type: 'differs', file, wanted: want, found }];
  });
}

/**
 * Makes a folder hold the wanted files: writes what differs, each whole at once, so that a mesh that watches the folder
 * never reads half a file; removes files that synth wrote earlier and no more. Files of others stay. Returns what it changed.
 */
export async function writeFolder(
  folder: string,
  wanted: ReadonlyMap<string, string>,
): Promise<FileChange[]> {
  const changes = (await compareFolder(folder, wanted)).filter(
    (change) => change.type !== 'extra' || change.ours,
  );
  try {
    await mkdir(folder, { recursive: true });
    for (const change of changes) {
      const path = join(folder, change.file);
      if (change.type === 'extra') await rm(path);
      else await replaceFile(path, change.wanted);
    }
  } catch (cause) {
    throw new WindtunnelError('io', `${folder} cannot be written: ${String(cause)}`, {
      cause,
      next: 'Check its permissions, or name another folder with --out.',
    });
  }
  return changes;
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // A leading dot keeps it out of `kubectl apply -f FOLDER` and of the watch.
  const temporary = join(dirname(path), `.synth-${process.pid}.tmp`);
  await writeFile(temporary, text);
  await rename(temporary, path);
}

async function readFolder(folder: string): Promise<Map<string, string>> {
  let names: string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw new WindtunnelError('io', `${folder} cannot be read: ${String(cause)}`, {
      cause,
      next: 'Check that it is a folder and may be read.',
    });
  }
  const files = names.filter((name) => name.endsWith('.yaml') || name.endsWith('.yml'));
  return new Map(
    await Promise.all(
      files.map(
        async (name): Promise<[string, string]> => [
          name,
          await readFile(join(folder, name), 'utf8'),
        ],
      ),
    ),
  );
}
