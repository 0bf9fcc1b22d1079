import { isAbsolute, relative } from 'node:path';

/** A path as a user would write it: relative to where they are, absolute when that would lead upwards. */
export function showPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  if (short === '') return '.';
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}
