import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const project = join(import.meta.dirname, '..', '..');
const marker = /@ts-expect-error: (.*)$/;

let folder: string;
let source: string[];
/** Line (from 0) → what the compiler says about it. */
const messages = new Map<number, string>();

// Compiles the cases without their directives, in one go, so that each error shows.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windtunnel-types-'));
  const text = await readFile(join(import.meta.dirname, 'define.types.ts'), 'utf8');
  source = text.split('\n');
  const bare = source.map((line) =>
    marker.test(line) ? '' : line.replace("from './", `from '${import.meta.dirname}/`),
  );
  await writeFile(join(folder, 'cases.ts'), bare.join('\n'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(project, 'tsconfig.json'),
      compilerOptions: { types: [] },
      include: ['cases.ts'],
    }),
  );
  const output = await compile();
  let line = -1;
  for (const part of output.split('\n')) {
    const start = /^.*cases\.ts\((\d+),\d+\): error (.*)$/.exec(part);
    if (start !== null) line = Number(start[1]) - 1;
    messages.set(line, `${messages.get(line) ?? ''}${start?.[2] ?? part}\n`);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function compile(): Promise<string> {
  const tsc = join(project, 'node_modules', '.bin', 'tsc');
  try {
    const { stdout } = await promisify(execFile)(tsc, ['--project', folder, '--pretty', 'false']);
    return stdout;
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test('every wrong declaration is refused by the compiler for the reason it is there for', () => {
  const cases = source.flatMap((line, index) => {
    const reason = marker.exec(line)?.[1];
    return reason === undefined ? [] : [{ line: index + 1, reason }];
  });
  expect(cases.length).toBeGreaterThanOrEqual(16);
  for (const { line, reason } of cases) {
    expect(`${line}: ${messages.get(line)?.replaceAll('\\"', '"')}`).toContain(reason);
  }
});

test('nothing else is: a right declaration compiles', () => {
  const wrong = new Set(source.flatMap((line, index) => (marker.test(line) ? [index + 1] : [])));
  expect([...messages.keys()].filter((line) => line >= 0 && !wrong.has(line))).toEqual([]);
});
