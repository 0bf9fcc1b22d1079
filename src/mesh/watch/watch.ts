import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Watches manifests until it is closed. */
export interface ManifestWatcher {
  close(): void;
}

/** How long the folder must be quiet: an editor or `git checkout` touches several files in a row. */
const quietMs = 40;
const longestDelayMs = 1000;

/** Calls `changed` after something below one of `paths` changed and then was quiet for a moment. */
export async function watchManifests(
  paths: string[],
  changed: () => void,
): Promise<ManifestWatcher> {
  let timer: NodeJS.Timeout | undefined;
  let firstMs = 0;
  const fire = (): void => {
    timer = undefined;
    changed();
  };
  const touched = (): void => {
    const now = performance.now();
    if (timer === undefined) firstMs = now;
    // Something that writes without a pause must not put it off for ever.
    if (timer !== undefined && now - firstMs > longestDelayMs) return;
    clearTimeout(timer);
    timer = setTimeout(fire, quietMs);
  };
  const watchers = new Map<string, FSWatcher>();
  const follow = (folder: string): void => {
    if (watchers.has(folder)) return;
    const watcher = watch(folder, () => {
      touched();
      if (folders.has(folder)) void followBelow(folder);
    });
    // A folder that is removed ends its own watch; the configuration stays as it is.
    watcher.on('error', () => {});
    watchers.set(folder, watcher);
  };
  // Folder by folder: Node's recursive watch on Linux loses sight of a file that another was renamed over.
  const folders = new Set<string>();
  const followBelow = async (folder: string): Promise<void> => {
    folders.add(folder);
    follow(folder);
    const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of found) {
      const below = join(folder, entry.name);
      if (entry.isDirectory() && !folders.has(below)) await followBelow(below);
    }
  };
  for (const path of paths) {
    if ((await stat(path)).isDirectory()) await followBelow(path);
    // A file is replaced by renaming another over it, which a watch of the file itself would not outlive.
    else follow(dirname(path));
  }
  return {
    close: () => {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
