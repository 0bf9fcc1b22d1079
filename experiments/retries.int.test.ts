import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentProgress } from '../src/progress.ts';
import { runExperiment } from '../src/experiment/engine.ts';
import type { Experiment } from '../src/experiment/language.ts';
import type { ExperimentResult } from '../src/experiment/result.ts';
import type { RunOptions } from '../src/experiment/run-context.ts';
import { networkTraffic, type Traffic } from '../src/experiment/traffic.ts';
import { type RunningMesh, startMesh } from '../src/mesh/mesh.ts';
import { localTarget } from '../src/target/local.ts';
import { retries } from './retries.ts';

const projectDir = join(import.meta.dirname, '..');
let mesh: RunningMesh;
let traffic: Traffic;

beforeAll(async () => {
  mesh = await startMesh({
    projectDir,
    name: `experiment-test-${process.pid}`,
    progress: silentProgress,
    signal: new AbortController().signal,
    watch: false,
  });
  traffic = networkTraffic({ target: localTarget(mesh.control), projectDir });
});
afterAll(async () => {
  await traffic.close();
  await mesh.stop();
  await rm(mesh.folder, { recursive: true, force: true });
});

/** T1 with wide margins, so that a cell takes two seconds. */
const quick: Experiment = {
  ...retries,
  metrics: retries.metrics.map((metric) =>
    metric.kind === 'mean' ? { ...metric, margin: metric.margin * 2.5 } : metric,
  ) as Experiment['metrics'],
  statistics: { ...retries.statistics, minimumRequests: 400 },
};

const run = (
  experiment: Experiment,
  options: Partial<RunOptions> = {},
): Promise<ExperimentResult> =>
  runExperiment(experiment, {
    target: localTarget(mesh.control),
    traffic,
    progress: silentProgress,
    signal: new AbortController().signal,
    seed: 1,
    runId: `t${Math.round(performance.now())}`,
    startedAt: new Date(0),
    cells: ({ factors }) => factors.failureProbability === 0.5 && factors.retries === 1,
    ...options,
  });

const applied = async (): Promise<string[]> => {
  const status = await mesh.control.status();
  return Object.values(status.applied).flat();
};

describe('T1 on real sidecars', () => {
  test('is confirmed on the REST and the gRPC edge, with equal counts of retries on both sides', async () => {
    const result = await run(quick);
    expect(result.reasons).toEqual([]);
    expect(result.verdict).toBe('confirmed');
    expect(result.cells.map(({ protocol }) => protocol)).toEqual(['http', 'grpc']);
    for (const { caller, callee } of result.cells) {
      expect(callee?.byNumber[1]).toBe(caller?.retry);
      expect(caller?.retry).toBeGreaterThan(100);
    }
    expect(result.guards.map(({ failures }) => failures)).toEqual([0, 0]);
    expect(await applied()).toEqual([]);
  });

  test('is refuted when the mesh is told to make another number of retries than the hypothesis says', async () => {
    const wrong: Experiment = {
      ...quick,
      policy: (edge, factors) =>
        quick.policy(edge, { ...factors, retries: (factors.retries ?? 0) === 0 ? 0 : 2 }),
    };
    const result = await run(wrong);
    expect(result.verdict).toBe('refuted');
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['refuted', 'refuted']);
  });

  test('reverts on Ctrl-C in the middle, and the shop is whole again', async () => {
    const interrupt = new AbortController();
    const running = run(retries, { signal: interrupt.signal, cells: () => true });
    // Until the fault is in force, and a little into the load.
    await expect
      .poll(applied, { timeout: 20_000, interval: 50 })
      .toContainEqual(expect.stringContaining('windtunnel-fault-users'));
    interrupt.abort();
    const result = await running;
    expect(result.verdict).toBe('invalid');
    expect(result.reasons[0]).toBe('interrupted');
    expect(await applied()).toEqual([]);
    const after = await run(quick, { requestsAtMost: 1 });
    expect(after.phases.find(({ name }) => name === 'baseline')?.passed).toBe(true);
  });
});
