import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/json.ts';
import type { EnvoyConfig } from '../../src/translate/envoy.ts';
import { allCases } from './all-cases.ts';
import { diffConfigs, formatDifferences } from './diff.ts';
import { istios, loadCase, ours } from './evaluate.ts';
import { readFixture } from './fixture.ts';
import { findOracle, oracleHint } from './istio-oracle.ts';
import { normalise } from './normalise.ts';

const cases = await allCases();
const oracle = await findOracle(process.env);
const refresh = 'node test/oracle/refresh.ts';

describe('our translation equals what Istio generates', () => {
  test.each(cases)('$name', async (one) => {
    const fixture = await readFixture(one.name);
    expect(fixture, `no fixture yet: ${refresh} ${one.name}`).toBeDefined();
    if (fixture === undefined) return;
    const loaded = loadCase(one);
    expect(loaded.question, `the case changed after its fixture: ${refresh} ${one.name}`).toBe(
      fixture.question,
    );
    const report = formatDifferences(diffConfigs(fixture.config, ours(one, loaded)));
    expect(report, `differs from Istio:\n${report}`).toBe('');
  });
});

describe('the fixtures are what Istio generates today', () => {
  const sample = cases.filter((_, index) => index % Math.ceil(cases.length / 6) === 0);
  if (oracle === undefined)
    console.log(`Fixtures were not compared with a fresh run. ${oracleHint}`);

  test.skipIf(oracle === undefined).each(sample)('$name', async (one) => {
    const fixture = await readFixture(one.name);
    const fresh = await istios(oracle ?? '', one, loadCase(one));
    expect(fixture?.config).toEqual(fresh);
  });
});

describe('the comparison can fail', () => {
  // Each leaf is changed in turn, so no field can be left out of the comparison by mistake.
  const changed = (value: Json): Json =>
    typeof value === 'string' ? `${value}!` : typeof value === 'number' ? value + 1 : !value;

  function* mutants(
    value: Json,
    path: string,
  ): Generator<{ path: string; apply: (root: Json) => Json }> {
    if (typeof value !== 'object' || value === null) {
      yield { path, apply: changed };
      return;
    }
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    for (const [key, child] of entries) {
      for (const inner of mutants(child, `${path}.${key}`)) {
        yield {
          path: inner.path,
          apply: (root) => {
            const copy = (Array.isArray(root) ? [...root] : { ...(root as object) }) as {
              [key: string]: Json;
            };
            copy[key] = inner.apply(copy[key] ?? null);
            return copy;
          },
        };
      }
    }
  }

  test('every changed leaf of a fixture is reported', async () => {
    const first = cases[0];
    const fixture = first && (await readFixture(first.name));
    if (fixture === undefined) throw new Error('no fixture to mutate');
    const original = fixture.config;
    const unnoticed: string[] = [];
    let count = 0;
    for (const mutant of mutants(original as unknown as Json, '')) {
      // The normaliser's own marker: how secrets are delivered is no part of the comparison.
      if (mutant.path.endsWith('.sdsConfig')) continue;
      const mutated = normalise(
        mutant.apply(original as unknown as Json) as unknown as EnvoyConfig,
      );
      if (diffConfigs(original, mutated).length === 0) unnoticed.push(mutant.path);
      count += 1;
    }
    expect(unnoticed).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });

  test('a missing and a superfluous resource are reported by name', () => {
    const empty: EnvoyConfig = { listeners: [], clusters: [], routes: [], endpoints: [] };
    const one: EnvoyConfig = { ...empty, clusters: [{ name: 'outbound|80||a' }] };
    expect(diffConfigs(one, empty).map((difference) => difference.path)).toEqual([
      'clusters[outbound|80||a]',
    ]);
    expect(diffConfigs(empty, one)[0]?.ours).toEqual({ name: 'outbound|80||a' });
  });
});
