import { readdir, rm } from 'node:fs/promises';
import { WindtunnelError } from '../../src/errors.ts';
import { allCases } from './all-cases.ts';
import type { OracleCase } from './case.ts';
import { istios, loadCase } from './evaluate.ts';
import { commonFile, type Fixture, fixtureFolder, writeFixture, writeFixtures } from './fixture.ts';
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
  const chosen = wanted.length === 0 ? cases : cases.filter((one) => wanted.includes(one.name));
  const { fixtures, failures } = await ask(oracle, chosen);
  if (wanted.length > 0) {
    for (const [name, fixture] of fixtures) await writeFixture(name, fixture);
  } else if (failures.length === 0) {
    await writeFixtures(fixtures);
    await deleteOthers(new Set([commonFile, ...cases.map((one) => `${one.name}.json`)]));
  }
  if (failures.length > 0) throw new WindtunnelError('rejected', failures.join('\n'));
  console.log(`${fixtures.size} fixtures written`);
}

async function ask(
  oracle: string,
  cases: OracleCase[],
): Promise<{ fixtures: Map<string, Fixture>; failures: string[] }> {
  const fixtures = new Map<string, Fixture>();
  const failures: string[] = [];
  for (const [index, one] of cases.entries()) {
    if (index > 0 && index % 50 === 0) console.log(`asked ${index} of ${cases.length} cases`);
    try {
      const loaded = loadCase(one);
      const config = await istios(oracle, one, loaded);
      fixtures.set(one.name, { question: loaded.question, config });
    } catch (thrown) {
      failures.push(`${one.name}: ${WindtunnelError.from(thrown).message}`);
    }
  }
  return { fixtures, failures };
}

async function deleteOthers(kept: Set<string>): Promise<void> {
  for (const file of await readdir(fixtureFolder)) {
    if (kept.has(file) || !file.endsWith('.json')) continue;
    await rm(new URL(file, fixtureFolder));
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
