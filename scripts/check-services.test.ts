import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkServices, checkSource } from './check-services/check.ts';
import { rules } from './check-services/rules.ts';

const projectDir = dirname(import.meta.dirname);
const fixtures = join(projectDir, 'test', 'fixtures', 'services');
const services = join(projectDir, 'services');
const scratch = mkdtempSync(join(tmpdir(), 'windtunnel-check-'));
afterAll(() => rmSync(scratch, { recursive: true }));

// Each line of a fixture that must be found says so: `// expect: retry timeout`.
function expected(text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const rule = /\/\/ expect: (.+)$/.exec(line)?.[1];
    return rule === undefined ? [] : rule.split(' ').map((name) => `${index + 1} ${name}`);
  });
}

describe('the shop', () => {
  test('its services hold only business logic', () => {
    const { fileCount, findings } = checkServices(services);
    expect(findings).toEqual([]);
    expect(fileCount).toBeGreaterThan(40);
  });

  // The check would be worth nothing if it passed because it looked away: one offence in each real service is found.
  test.each(['storefront', 'users', 'orders', 'inventory', 'payments', 'kit'])(
    'a retry added to %s is found at its line',
    (name) => {
      const file = name === 'kit' ? 'http-client.ts' : 'app.ts';
      const text = readFileSync(join(services, name, file), 'utf8');
      const bad = `${text}\nexport const maxRetries = 3;\n`;
      const folder = join(scratch, name);
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, file), bad);
      expect(checkServices(folder).findings).toEqual([
        {
          file: join(name, file),
          line: bad.split('\n').length - 1,
          rule: 'retry',
          message: expect.stringContaining("name 'maxRetries'; retries of an edge are declared in"),
          name: 'maxRetries',
        },
      ]);
    },
  );
});

describe('fixture services', () => {
  const files = globSync('**/*.ts', { cwd: fixtures, exclude: ['broken/**'] }).sort();

  test.each(files)('%s: exactly the lines that it marks', (file) => {
    const text = readFileSync(join(fixtures, file), 'utf8');
    const found = checkSource(file, text).map(({ line, rule }) => `${line} ${rule}`);
    expect([...new Set(found)].sort()).toEqual(expected(text).sort());
  });

  test('there is one for each rule, and a clean one', () => {
    const marked = new Set(
      files.flatMap((file) =>
        expected(readFileSync(join(fixtures, file), 'utf8')).map((each) => each.split(' ')[1]),
      ),
    );
    expect(marked).toEqual(new Set(rules.map(({ name }) => name)));
    expect(files).toContain('clean/service.ts');
  });

  test('a file that cannot be parsed is a finding, not a pass', () => {
    expect(checkServices(join(fixtures, 'broken')).findings).toMatchObject([
      { file: 'service.ts', line: 2, rule: 'syntax' },
    ]);
  });
});

describe('allowances', () => {
  const kit = (text: string) => {
    const folder = mkdtempSync(join(scratch, 'kit-'));
    writeFileSync(join(folder, 'client.ts'), text);
    return folder;
  };
  const allowance = { file: 'client.ts', rule: 'retry', name: 'backoff', reason: 'a test' };

  test('one lets its own name pass, and no other', () => {
    const folder = kit('export const backoff = 1;\nexport const retries = 2;\n');
    expect(checkServices(folder, [allowance]).findings).toMatchObject([{ line: 2, rule: 'retry' }]);
  });

  test('one does not let the same name pass in another file or for another rule', () => {
    const folder = kit('export const backoff = 1;\n');
    const elsewhere = { ...allowance, file: 'other.ts' };
    expect(checkServices(folder, [elsewhere]).findings).toHaveLength(1);
    const otherRule = checkServices(folder, [{ ...allowance, rule: 'tls' }]).findings;
    expect(otherRule.map(({ rule }) => rule)).toEqual(['retry', 'allowance']);
  });

  test('one that nothing needs is a finding', () => {
    expect(checkServices(kit('export {};\n'), [allowance]).findings).toMatchObject([
      { file: 'client.ts', rule: 'allowance' },
    ]);
  });
});

describe('the command', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(projectDir, 'scripts', 'check-services.ts'), ...args], {
      cwd: projectDir,
      encoding: 'utf8',
    });

  test('exits with 0 on the shop and says how much it looked at', () => {
    const { status, stdout, stderr } = run();
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^services: \d+ files, hold only business logic\n$/);
    expect(status).toBe(0);
  });

  test('exits with 1 and a line of file:line: rule: reason each', () => {
    const { status, stderr } = run('test/fixtures/services/retry');
    expect(status).toBe(1);
    expect(stderr).toContain(
      "test/fixtures/services/retry/libraries.ts:1: retry: imports 'p-retry'; retries of an edge",
    );
    const lines = stderr.trim().split('\n');
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines)
      expect(line).toMatch(/^test\/fixtures\/services\/retry\/\w+\.ts:\d+: /);
  });

  test.each(['test/fixtures/services/nowhere', 'manifests'])(
    'exits with 2 when %s holds nothing to check',
    (folder) => {
      expect(run(folder)).toMatchObject({ status: 2, stdout: '' });
    },
  );
});
