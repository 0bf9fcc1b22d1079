import { dirname, posix } from 'node:path';
import { compareText } from '../../compare-text.ts';

/** What a program needs: files of the project, and packages by name; both sorted. */
export interface ImportClosure {
  files: string[];
  packages: string[];
}

/** `import type` and `export type` are gone at run time. */
const statements =
  /^\s*(?:import|export)\s+(?!type\b)(?:[^'"`;]*?\bfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|\bnew URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url\s*\)/gm;

/**
 * Everything that the program files `entries` import, statically or later, and the files that they name by
 * `new URL('./x', import.meta.url)`. `read` gives a file's text, undefined where none is: paths relative to the project.
 * `leaveOut` tells which files are not followed.
 */
export function importClosure(
  entries: string[],
  read: (file: string) => string | undefined,
  leaveOut: (file: string) => boolean = () => false,
): ImportClosure {
  const files = new Set<string>();
  const packages = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file) || leaveOut(file)) continue;
    const text = read(file);
    if (text === undefined) continue;
    files.add(file);
    if (!/\.m?[jt]s$/.test(file)) continue;
    for (const [, fromStatement, fromCall, fromUrl] of text.matchAll(statements)) {
      const target = fromStatement ?? fromCall ?? fromUrl ?? '';
      if (target.startsWith('.')) open.push(posix.join(dirname(file), target));
      else if (!target.startsWith('node:')) packages.add(packageName(target));
    }
  }
  return { files: [...files].sort(compareText), packages: [...packages].sort(compareText) };
}

/** `@grpc/grpc-js/build/x` is of `@grpc/grpc-js`, `typebox/value` of `typebox`. */
function packageName(specifier: string): string {
  const [first = '', second] = specifier.split('/');
  return first.startsWith('@') && second !== undefined ? `${first}/${second}` : first;
}
