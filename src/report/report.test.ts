import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { retries } from '../../experiments/retries.ts';
import { fakeMesh, type Sabotage } from '../../test/support/fake-mesh.ts';
import { silentProgress } from '../progress.ts';
import { runExperiment } from '../experiment/engine.ts';
import { type ExperimentResult, ExperimentResultSchema } from '../experiment/result.ts';
import { renderHtml } from './html.ts';
import { renderTable } from './table.ts';
import { writeReports } from './write.ts';

const run = (sabotage: Sabotage = {}): Promise<ExperimentResult> => {
  const mesh = fakeMesh(1, sabotage);
  return runExperiment(retries, {
    target: mesh.target,
    traffic: mesh.traffic,
    progress: silentProgress,
    signal: new AbortController().signal,
    seed: 1,
    runId: 'test',
    startedAt: new Date('2026-01-01T00:00:00Z'),
    ratePerSecond: 100_000,
    settleMs: 1,
  });
};

let good: ExperimentResult;
let bad: ExperimentResult;
let folder = '';
beforeAll(async () => {
  good = await run();
  bad = await run({ strength: (p) => (p === 0.5 ? 0 : p) });
  folder = await mkdtemp(join(tmpdir(), 'windtunnel-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the JSON result', () => {
  test('is what its schema says, also when cells are invalid and have no load', () => {
    for (const result of [good, bad]) {
      const read: unknown = JSON.parse(JSON.stringify(result));
      expect([...Value.Errors(ExperimentResultSchema, read)]).toEqual([]);
    }
    expect(bad.cells.some(({ load }) => load === null)).toBe(true);
  });

  test('is refused by the schema when something is missing or added', () => {
    const { verdict: _, ...without } = good;
    expect(Value.Check(ExperimentResultSchema, without)).toBe(false);
    expect(Value.Check(ExperimentResultSchema, { ...good, more: 1 })).toBe(false);
  });

  test('is written beside its schema and the HTML', async () => {
    const files = await writeReports(good, join(folder, 'new', 'reports'));
    expect(JSON.parse(await readFile(files.json, 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(good)),
    );
    const schema = JSON.parse(await readFile(files.schema, 'utf8')) as { $id: string };
    expect(schema.$id).toBe('windtunnel-experiment-result-1');
    expect(await readFile(files.html, 'utf8')).toContain('</html>');
  });

  test('that cannot be written says where, and how to choose another place', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await expect(writeReports(good, file)).rejects.toMatchObject({
      code: 'io',
      next: 'Give another folder with --out DIR.',
    });
  });
});

describe('the table', () => {
  test('has predicted beside measured for every cell, and equal counts of retries', () => {
    const lines = renderTable(good).split('\n');
    expect(lines[0]).toBe('T1 Residual error after n retries: CONFIRMED');
    expect(lines.filter((line) => line.includes('✓ confirmed'))).toHaveLength(16);
    const cell = lines.find((line) => /^ +0\.5 +2 /.test(line)) ?? '';
    expect(cell).toMatch(/12\.5 +1\d\.\d \(\d+\.\d+–\d+\.\d+\) +1\.750 +1\.\d{3} \(/);
    const [, callee, caller] = /(\d+) = (\d+)/.exec(cell) ?? [];
    expect(callee).toBe(caller);
  });

  test('says why a run is invalid', () => {
    const table = renderTable(bad);
    expect(table).toContain('INVALID');
    expect(table).toContain('the fault did not take effect');
  });
});

describe('the HTML report', () => {
  test('is one file: plots inside, nothing fetched, nothing scripted', () => {
    const html = renderHtml(good);
    // Error, load and latency for each of two edges.
    expect(html.match(/<svg /g)).toHaveLength(6);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(http|src=/);
    expect(html).toContain('name="viewport"');
    expect(html).toContain('@media print');
  });

  test('has a row for every cell whose cells name their columns, for narrow screens', () => {
    const html = renderHtml(good);
    expect(html.match(/data-name="verdict"/g)).toHaveLength(16);
    expect(html).toContain('data-name="error, predicted p^(n+1) in %"');
  });

  test('escapes what comes from outside', () => {
    const html = renderHtml({ ...bad, reasons: ['<script>alert("x")</script>'] });
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)');
  });

  test('of a run without any cell is still a page with its reason', () => {
    const html = renderHtml({ ...bad, cells: [], reasons: ['interrupted'] });
    expect(html).toContain('<li>interrupted</li>');
    expect(html).not.toContain('<svg');
  });
});
