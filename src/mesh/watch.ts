import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

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
  const watchers: FSWatcher[] = [];
  for (const path of paths) {
    // A file is replaced by renaming another over it, which a watch of the file itself would not outlive.
    const recursive = (await stat(path)).isDirectory();
    const watcher = watch(recursive ? path : dirname(path), { recursive }, touched);
    // A folder that is removed ends its own watch; the configuration stays as it is.
    watcher.on('error', () => {});
    watchers.push(watcher);
  }
  return {
    close: () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
