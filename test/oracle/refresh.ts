import { readdir, rm } from 'node:fs/promises';
import { WindtunnelError } from '../../src/errors.ts';
import { allCases } from './all-cases.ts';
import { istios, loadCase } from './evaluate.ts';
import { fixtureUrl, writeFixture } from './fixture.ts';
import { findOracle, oracleHint } from './istio-oracle.ts';

/**
 * `node test/oracle/refresh.ts [CASE...]` asks Istio's generator anew and writes the fixtures of the named cases; of
 * all when none is named, and then fixtures of cases that are gone are deleted.
 */
async function refresh(wanted: string[]): Promise<void> {
  const oracle = await findOracle(process.env);
  if (oracle === undefined) {
    throw new WindtunnelError('missing-tool', 'istio-oracle was not found.', { next: oracleHint });
  }
  const cases = await allCases();
  const unknown = wanted.filter((name) => !cases.some((one) => one.name === name));
  if (unknown.length > 0) {
    throw new WindtunnelError('usage', `no such case: ${unknown.join(', ')}`, {
      next: `Cases: ${cases.map((one) => one.name).join(', ')}`,
    });
  }
  const failures: string[] = [];
  for (const one of cases) {
    if (wanted.length > 0 && !wanted.includes(one.name)) continue;
    try {
      const loaded = loadCase(one);
      const config = await istios(oracle, one, loaded);
      await writeFixture(one.name, { question: loaded.question, config });
      console.log(`${one.name}: written`);
    } catch (thrown) {
      failures.push(`${one.name}: ${WindtunnelError.from(thrown).message}`);
    }
  }
  if (failures.length > 0) throw new WindtunnelError('rejected', failures.join('\n'));
  if (wanted.length === 0) await deleteOthers(new Set(cases.map((one) => `${one.name}.json`)));
}

async function deleteOthers(kept: Set<string>): Promise<void> {
  for (const file of await readdir(new URL('.', fixtureUrl('any')))) {
    if (kept.has(file) || !file.endsWith('.json')) continue;
    await rm(new URL(file, fixtureUrl('any')));
    console.log(`${file}: deleted, its case is gone`);
  }
}

try {
  await refresh(process.argv.slice(2));
} catch (thrown) {
  const error = WindtunnelError.from(thrown);
  console.error(`${error.code}: ${error.message}`);
  if (error.next !== undefined) console.error(error.next);
  process.exitCode = 1;
}
