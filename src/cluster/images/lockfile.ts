import { WindtunnelError } from '../../errors.ts';
import { compareText } from '../../compare-text.ts';

/** One entry of `packages` in package-lock.json (lockfileVersion 3), as far as it matters here. */
export interface LockedPackage {
  version?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  os?: string[];
  cpu?: string[];
}

/** `packages` of package-lock.json: folder of the project, e.g. `node_modules/fastify`, → what is locked there. */
export type Lockfile = Readonly<Record<string, LockedPackage>>;

/**
 * Folders of all packages that `names`, imported by the project itself, need at run time, sorted. Resolved as Node does: the
 * nearest `node_modules` on the way up. Packages for one system only are left out: an image's system is not this one.
 */
export function packageClosure(lockfile: Lockfile, names: Iterable<string>): string[] {
  const found = new Set<string>();
  const open: string[] = [];
  const add = (name: string, from: string, optional: boolean): void => {
    // Types alone: nothing reads them at run time.
    if (name.startsWith('@types/')) return;
    const folder = resolvePackage(lockfile, name, from);
    if (folder === undefined) {
      if (optional) return;
      const who = from === '' ? 'the image' : from;
      throw new WindtunnelError(
        'preflight',
        `package-lock.json lacks '${name}', which ${who} needs`,
        {
          next: 'npm install, then commit package-lock.json',
        },
      );
    }
    const { os, cpu } = lockfile[folder] ?? {};
    if (found.has(folder) || os !== undefined || cpu !== undefined) return;
    found.add(folder);
    open.push(folder);
  };
  for (const name of names) add(name, '', false);
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const { dependencies = {}, optionalDependencies = {}, ...peers } = lockfile[folder] ?? {};
    for (const name of Object.keys(dependencies)) add(name, folder, name in optionalDependencies);
    for (const name of Object.keys(optionalDependencies)) add(name, folder, true);
    for (const name of Object.keys(peers.peerDependencies ?? {})) {
      add(name, folder, peers.peerDependenciesMeta?.[name]?.optional === true);
    }
  }
  return [...found].sort(compareText);
}

function resolvePackage(lockfile: Lockfile, name: string, from: string): string | undefined {
  let folder = from;
  for (;;) {
    const candidate = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (candidate in lockfile) return candidate;
    if (folder === '') return undefined;
    const above = folder.lastIndexOf('/node_modules/');
    folder = above < 0 ? '' : folder.slice(0, above);
  }
}
