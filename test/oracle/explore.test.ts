import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareText } from '../../src/compare-text.ts';
import type { JsonObject } from '../../src/json.ts';
import type { EnvoyConfig } from '../../src/translate/envoy.ts';
import { loadCase, ours } from './evaluate.ts';
import { askIstio, type AskIstio } from './explore/compare.ts';
import { explore, type Findings } from './explore/run.ts';
import { shrink } from './explore/shrink.ts';
import { caseOf, generators, generateWorld } from './explore/world.ts';
import { findOracle, oracleHint } from './istio-oracle.ts';

const oracle = await findOracle(process.env);
const kinds = Object.keys(generators);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windtunnel-explore-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = async (
  ask: AskIstio,
  count: number,
): Promise<{ findings: Findings; lines: string[] }> => {
  const lines: string[] = [];
  const findings = await explore({
    seed: 7,
    count,
    kinds,
    ask,
    folder,
    shrinkChecks: 40,
    isOver: () => false,
    print: (line) => lines.push(line),
  });
  return { findings, lines };
};

describe('random worlds', () => {
  if (oracle === undefined) console.log(`No random worlds were compared with Istio. ${oracleHint}`);

  test.skipIf(oracle === undefined)('are translated as Istio does', async () => {
    const { findings, lines } = await run(askIstio(oracle ?? ''), 8);
    expect(lines.join('\n')).toBe('');
    expect(findings.counts.equal).toBeGreaterThan(2);
  });

  test('follow from their seed', () => {
    expect(generateWorld(42, kinds)).toEqual(generateWorld(42, kinds));
    expect(generateWorld(42, kinds)).not.toEqual(generateWorld(43, kinds));
  });

  test('have resources of the wanted kinds', () => {
    const found = new Set<unknown>();
    for (let seed = 0; seed < 20; seed += 1) {
      for (const { kind } of generateWorld(seed, ['sidecar', 'envoy-filter']).documents) {
        found.add(kind);
      }
    }
    expect([...found].map(String).sort(compareText)).toEqual([
      'Deployment',
      'EnvoyFilter',
      'Namespace',
      'Service',
      'Sidecar',
    ]);
  });
});

describe('a difference', () => {
  /** An oracle that agrees with us but for one cluster's name. */
  const mistaken: AskIstio = (one) => {
    const config: EnvoyConfig = ours(one, loadCase(one));
    const clusters = config.clusters.map((cluster) =>
      cluster.name === 'PassthroughCluster' ? { ...cluster, name: 'Other' } : cluster,
    );
    return Promise.resolve({ ...config, clusters });
  };

  test('is printed with its seed and saved as a smaller world', async () => {
    const { findings, lines } = await run(mistaken, 3);
    expect(findings.counts.different).toBeGreaterThan(0);
    expect(lines[0]).toMatch(/^seed \d+, (sidecar|gateway) \S+: configuration\n/);
    const saved = await readFile(findings.files[0] ?? '', 'utf8');
    expect(saved).toContain('PassthroughCluster');
    const seed = Number(/seed (\d+)/.exec(saved)?.[1]);
    const whole = generateWorld(seed, kinds).documents;
    expect(saved.split('\n---\n').length).toBeLessThan(whole.length);
  });

  test('is one, too, when Istio refuses what we take', async () => {
    const { findings, lines } = await run(() => Promise.reject(new Error('no such field')), 1);
    expect(findings.counts.different).toBe(1);
    expect(lines[0]).toMatch(/: istio-refuses\nno such field/);
  });
});

test('shrinking keeps what a failure needs, within its bound', async () => {
  const documents: JsonObject[] = [
    { kind: 'A', spec: { a: 1, b: [{ c: 1 }, { d: 2 }] } },
    { kind: 'B', spec: { a: 2 } },
  ];
  let checks = 0;
  const fails = (candidate: JsonObject[]): Promise<boolean> => {
    checks += 1;
    return Promise.resolve(JSON.stringify(candidate).includes('"d":2'));
  };
  const smallest = await shrink(documents, fails, 100);
  expect(smallest).toEqual([{ kind: 'A', spec: { b: [{ d: 2 }] } }]);
  checks = 0;
  await shrink(documents, fails, 2);
  expect(checks).toBe(2);
});

test('a generated world can be translated where the harness takes it', () => {
  const one = caseOf(generateWorld(7, ['virtual-service']));
  expect(ours(one, loadCase(one)).clusters.length).toBeGreaterThan(0);
});
