import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareText } from '../../compare-text.ts';
import { WindtunnelError } from '../../errors.ts';
import { importClosure } from './imports.ts';
import { type Lockfile, packageClosure } from './lockfile.ts';
import type { TarFile } from './tar.ts';

/** An image of ours. */
export interface ImageSpec {
  /** As manifests name it. */
  name: string;
  /** Relative to the project. */
  dockerfile: string;
  /** Folders whose `main.ts`, at any depth, are the programs in it. */
  programs: string;
  /** Files that a program imports for what it does not do in a container; not followed. */
  leaveOut?(file: string): boolean;
}

/** What goes into an image. */
export interface ImageContext {
  /** Changes when anything in the image does: its Dockerfile, source, or dependencies. */
  digest: string;
  /** Files of the project, and folders of packages, relative to it. */
  files: string[];
  packages: string[];
  /** What `docker build` takes: the Dockerfile, `source/` and `dependencies/`; read from the disk when called. */
  content(): TarFile[];
}

/** Files of packages that no program reads: types, source maps, documentation. Licences stay. */
const needless =
  /\.(?:[cm]?ts|map|flow|md|markdown|html)$|\/(?:\.github|docs|examples?|tests?|__tests__|benchmarks?)\//;
/** Part of the digest: raise it when what is left out of an image changes. */
const contextVersion = 2;

/**
 * Collects what an image needs. Throws `preflight` when `node_modules` is not what package-lock.json says: an image must not
 * depend on what happens to lie there.
 */
export function imageContext(projectDir: string, spec: ImageSpec): ImageContext {
  const read = (file: string): Buffer => readFileSync(join(projectDir, file));
  const lock = JSON.parse(read('package-lock.json').toString()) as {
    packages: Lockfile & Record<string, { version?: string; integrity?: string }>;
  };
  const programs = filesUnder(projectDir, spec.programs).filter((file) =>
    file.endsWith('/main.ts'),
  );
  // package.json says that the source is ES modules.
  const entries = [...programs, 'package.json'];
  const { files, packages: names } = importClosure(entries, readText(projectDir), spec.leaveOut);
  const packages = packageClosure(lock.packages, names);
  for (const folder of packages) checkInstalled(projectDir, folder, lock.packages[folder]?.version);
  const dockerfile = read(spec.dockerfile);
  const hash = createHash('sha256').update(`${contextVersion}\0`).update(dockerfile);
  for (const file of files) hash.update(`\0${file}\0`).update(read(file));
  for (const folder of packages) {
    const { version, integrity } = lock.packages[folder] ?? {};
    hash.update(`\0${folder}\0${version}\0${integrity}`);
  }
  return {
    digest: hash.digest('hex'),
    files,
    packages,
    content: () =>
      [
        { path: 'Dockerfile', content: dockerfile },
        ...files.map((file): TarFile => ({ path: `source/${file}`, content: read(file) })),
        ...packages
          .flatMap((folder) => packageFiles(projectDir, folder))
          .map((file): TarFile => ({ path: `dependencies/${file}`, content: read(file) })),
      ].sort((a, b) => compareText(a.path, b.path)),
  };
}

function readText(projectDir: string): (file: string) => string | undefined {
  return (file) => {
    try {
      return readFileSync(join(projectDir, file), 'utf8');
    } catch {
      return undefined;
    }
  };
}

function checkInstalled(projectDir: string, folder: string, version: string | undefined): void {
  const text = readText(projectDir)(`${folder}/package.json`);
  const found = text === undefined ? undefined : (JSON.parse(text) as { version?: string }).version;
  if (found === version) return;
  throw new WindtunnelError(
    'preflight',
    `${folder} is ${found ?? 'not there'}, package-lock.json says ${version}`,
    { next: 'npm ci' },
  );
}

/** A package's own files; packages inside it are packages of their own. */
function packageFiles(projectDir: string, folder: string): string[] {
  return filesUnder(projectDir, folder).filter((file) => {
    const inside = file.slice(folder.length);
    return !inside.includes('/node_modules/') && !needless.test(inside);
  });
}

/** Regular files of a folder, at any depth, sorted. */
function filesUnder(projectDir: string, folder: string): string[] {
  return readdirSync(join(projectDir, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(projectDir.length + 1))
    .map((file) => file.replaceAll('\\', '/'))
    .sort(compareText);
}
