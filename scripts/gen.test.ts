import { appendFileSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { contracts, generate, isFresh } from './gen.ts';

const projectDir = dirname(import.meta.dirname);
const scratch = mkdtempSync(join(tmpdir(), 'windtunnel-gen-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test('there is a contract of each gRPC service', () => {
  expect(contracts().map(({ protoFile }) => protoFile)).toEqual([
    'services/inventory/inventory.proto',
    'services/payments/payments.proto',
  ]);
});

test.each(contracts())('$genDir is what $protoFile gives: if not, npm run gen', (contract) => {
  expect(isFresh(contract)).toBe(true);
});

test('types that someone edited, or that lack a file, are not fresh', () => {
  const [{ protoFile } = { protoFile: '' }] = contracts();
  const genDir = relative(projectDir, scratch);
  generate(protoFile, scratch);
  expect(isFresh({ protoFile, genDir })).toBe(true);
  const [file = ''] = globSync('**/*.ts', { cwd: scratch });
  appendFileSync(join(scratch, file), '// edited\n');
  expect(isFresh({ protoFile, genDir })).toBe(false);
  rmSync(join(scratch, file));
  expect(isFresh({ protoFile, genDir })).toBe(false);
});
