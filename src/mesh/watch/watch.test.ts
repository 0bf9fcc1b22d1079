import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ManifestWatcher, watchManifests } from './watch.ts';

describe('watching manifests', () => {
  let folder: string;
  let changes: number;
  let watcher: ManifestWatcher | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'windtunnel-watch-'));
    changes = 0;
  });
  afterEach(() => {
    watcher?.close();
    rmSync(folder, { recursive: true });
  });

  /** Waits, within bounds, until one more change was told than before `edit`. */
  const noticed = async (edit: () => void): Promise<boolean> => {
    const before = changes;
    edit();
    for (let i = 0; i < 100 && changes === before; i++) await sleep(20);
    await sleep(100);
    return changes > before;
  };
  const replace = (file: string, text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };

  test('tells of every replacement of a file, not only of the first', async () => {
    const file = join(folder, 'a.yaml');
    writeFileSync(file, '0');
    watcher = await watchManifests([folder], () => changes++);
    for (const text of ['1', '2', '3']) {
      expect(await noticed(() => replace(file, text)), `edit ${text}`).toBe(true);
    }
  });

  test('tells of files in folders that come later', async () => {
    watcher = await watchManifests([folder], () => changes++);
    const below = join(folder, 'below');
    expect(await noticed(() => mkdirSync(below))).toBe(true);
    expect(await noticed(() => replace(join(below, 'a.yaml'), '1'))).toBe(true);
    expect(await noticed(() => replace(join(below, 'a.yaml'), '2'))).toBe(true);
  });

  test('follows a single file through replacements', async () => {
    const file = join(folder, 'a.yaml');
    writeFileSync(file, '0');
    watcher = await watchManifests([file], () => changes++);
    expect(await noticed(() => replace(file, '1'))).toBe(true);
    expect(await noticed(() => replace(file, '2'))).toBe(true);
  });
});
