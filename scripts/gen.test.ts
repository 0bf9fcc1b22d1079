import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { contracts, generate } from './gen.ts';

const projectDir = dirname(import.meta.dirname);
const scratch = mkdtempSync(join(tmpdir(), 'windtunnel-gen-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    globSync('**/*.ts', { cwd: folder })
      .sort()
      .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );

test('there is a contract of each gRPC service', () => {
  expect(contracts().map(({ protoFile }) => protoFile)).toEqual([
    'services/inventory/inventory.proto',
    'services/payments/payments.proto',
  ]);
});

test.each(contracts())(
  '$genDir is what $protoFile gives: if not, npm run gen',
  ({ protoFile, genDir }) => {
    generate(protoFile, scratch);
    const fresh = filesOf(scratch);
    expect(Object.keys(fresh).length).toBeGreaterThan(3);
    expect(filesOf(join(projectDir, genDir))).toEqual(fresh);
  },
);
