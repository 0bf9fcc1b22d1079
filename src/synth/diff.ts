import type { FileChange } from './files.ts';

/** Lines of each side that are shown; enough to see what changed, never a whole file. */
const LINES_MAX = 8;

/** A change of one file as text: its name, and the lines between the first and the last that differ. */
export function formatChange(folder: string, change: FileChange): string {
  const path = `${folder}/${change.file}`;
  if (change.type === 'missing') return `${path}: missing`;
  if (change.type === 'extra') return `${path}: not written by synth`;
  return `${path}: differs\n${shortDiff(change.found, change.wanted)}`;
}

/** `-` found, `+` wanted, with the line number where the difference begins. */
export function shortDiff(found: string, wanted: string): string {
  const old = found.split('\n');
  const fresh = wanted.split('\n');
  const shorter = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < shorter && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === fresh.at(-1 - end)) end += 1;
  return [
    `  @@ line ${start + 1}`,
    ...some(old.slice(start, old.length - end), '-'),
    ...some(fresh.slice(start, fresh.length - end), '+'),
  ].join('\n');
}

function some(lines: string[], sign: string): string[] {
  const shown = lines.slice(0, LINES_MAX).map((line) => `  ${sign} ${line}`);
  const rest = lines.length - shown.length;
  return rest === 0 ? shown : [...shown, `  ${sign} … ${rest} more lines`];
}
