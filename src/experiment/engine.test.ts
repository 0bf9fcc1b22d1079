import { describe, expect, test } from 'vitest';
import { retries } from '../../experiments/retries.ts';
import { fakeMesh, type Sabotage } from '../../test/support/fake-mesh.ts';
import { silentProgress } from '../progress.ts';
import { runExperiment } from './engine.ts';
import { cellsOf, type Experiment } from './language.ts';
import type { ExperimentResult } from './result.ts';
import type { RunOptions } from './run-context.ts';

const run = async (
  sabotage: Sabotage = {},
  options: Partial<RunOptions> = {},
  experiment: Experiment = retries,
  seed = 1,
): Promise<{
  result: ExperimentResult;
  applied: string[];
  history: string[];
  events: string[];
}> => {
  const mesh = fakeMesh(seed, sabotage);
  const result = await runExperiment(experiment, {
    target: mesh.target,
    traffic: mesh.traffic,
    progress: silentProgress,
    signal: new AbortController().signal,
    seed,
    runId: 'test',
    startedAt: new Date('2026-01-01T00:00:00Z'),
    // The fake answers at once, so the schedule need not take its time.
    ratePerSecond: 100_000,
    settleMs: 1,
    ...options,
  });
  const { history, events } = mesh;
  return { result, applied: mesh.applied(), history, events };
};

const oneCell = (p: number, n: number, edge = 'storefront->users.get'): Partial<RunOptions> => ({
  cells: ({ edge: { id }, factors }) =>
    id === edge && factors.failureProbability === p && factors.retries === n,
});

describe('an experiment on a mesh that does what it is told', () => {
  test('is confirmed in all 16 cells, with retries proven by both sides', async () => {
    const { result, applied } = await run();
    expect(result.reasons).toEqual([]);
    expect(result.verdict).toBe('confirmed');
    expect(result.cells).toHaveLength(16);
    expect(result.phases.map(({ name, passed }) => [name, passed])).toEqual([
      ['preflight', true],
      ['baseline', true],
      ['treatment', true],
      ['revert', true],
      ['recovery', true],
    ]);
    for (const { caller, callee, factors, gate } of result.cells) {
      expect(callee?.byNumber).toHaveLength((factors.retries ?? 0) + 1);
      expect(caller?.retry).toBe((callee?.attempts ?? 0) - (callee?.byNumber[0] ?? 0));
      expect(gate?.holds).toBe(true);
    }
    expect(applied).toEqual([]);
  });

  test('is refuted by chance in none of 20 other seeds', async () => {
    const verdicts = new Set<string>();
    for (let seed = 100; seed < 120; seed++) {
      const { result } = await run({}, {}, retries, seed);
      verdicts.add(result.verdict);
    }
    expect([...verdicts]).toEqual(['confirmed']);
  });

  test('lists cells edge by edge in the order of the factors, whichever lane is faster', async () => {
    const { result } = await run();
    expect(result.cells.map(({ edge }) => edge.slice(0, 5))).toEqual([
      ...Array<string>(8).fill('store'),
      ...Array<string>(8).fill('order'),
    ]);
    expect(result.cells.slice(0, 5).map(({ factors }) => factors)).toEqual([
      { failureProbability: 0.2, retries: 0 },
      { failureProbability: 0.2, retries: 1 },
      { failureProbability: 0.2, retries: 2 },
      { failureProbability: 0.2, retries: 3 },
      { failureProbability: 0.5, retries: 0 },
    ]);
  });
});

describe('an experiment is refuted', () => {
  test.each([
    [0.5, 1, (n: number) => n + 1],
    [0.2, 3, (n: number) => n + 1],
    [0.2, 3, (n: number) => n - 1],
    [0.5, 2, () => 0],
  ])('at p %d when the mesh makes not %d retries but another number', async (p, n, made) => {
    const { result } = await run(
      { retriesMade: (attempts) => (attempts === 0 ? 0 : made(attempts)) },
      oneCell(p, n),
    );
    expect(result.verdict).toBe('refuted');
    expect(result.cells[0]?.reasons.join()).toContain('attempts of one request');
  });

  test('when residual error and load differ, though the depth of retries is right', async () => {
    // A budget-like policy: every other retry is not made, so the depth is reached, but too seldom.
    let failures = 0;
    const { result } = await run(
      { retriesMade: (attempts) => (attempts === 0 || failures++ % 2 === 0 ? attempts : 0) },
      oneCell(0.5, 1),
    );
    const [error, load, most] = result.cells[0]?.metrics ?? [];
    expect([error?.verdict, load?.verdict, most?.verdict]).toEqual([
      'refuted',
      'refuted',
      'confirmed',
    ]);
  });
});

describe('an experiment is inconclusive', () => {
  test('when it agrees but made fewer requests than its margin needs', async () => {
    const { result } = await run({}, { ...oneCell(0.5, 0), requestsAtMost: 200 });
    expect(result.verdict).toBe('inconclusive');
    expect(result.reasons.join()).toContain('takes 2401 requests; 200 were made');
  });
});

describe('an experiment is invalid', () => {
  test('when the fault has no effect', async () => {
    const { result } = await run({ strength: () => 0 }, oneCell(0.5, 2));
    expect(result.verdict).toBe('invalid');
    expect(result.reasons.join()).toContain('did not take effect');
    expect(result.cells[0]?.load).toBeNull();
  });

  test('when the fault is weaker than it was set to', async () => {
    const { result } = await run({ strength: (p) => p / 2 }, oneCell(0.5, 2));
    expect(result.verdict).toBe('invalid');
    expect(result.reasons.join()).toContain('did not take effect as set: 0.5 of attempts');
  });

  test('when caller and callee count different numbers of attempts', async () => {
    const { result } = await run({ losesEveryLine: 1500 }, oneCell(0.5, 2));
    expect(result.verdict).toBe('invalid');
    expect(result.reasons.join()).toContain('counts disagree: ');
  });

  test('when the generator was late, if its hypothesis is about time', async () => {
    const strict: Experiment = { ...retries, lagGate: { p99Ms: 10, beyond: 'invalid' } };
    const { result } = await run({ lagMs: 50 }, oneCell(0.5, 2), strict);
    expect(result.verdict).toBe('invalid');
    expect(result.reasons.join()).toContain('the generator was late');
  });

  test('not when the generator was late but its hypothesis is about proportions: latency is marked', async () => {
    const { result } = await run({ lagMs: 50 }, oneCell(0.5, 2));
    expect(result.verdict).toBe('confirmed');
    expect(result.cells[0]?.latencyTrusted).toBe(false);
  });

  test('when the baseline fails, and then nothing is broken on purpose', async () => {
    const { result, applied, history } = await run({ failsRequest: (count) => count === 100 });
    expect(result.verdict).toBe('invalid');
    expect(result.reasons.join()).toMatch(/baseline of .* is not clean: 1 of 300 requests failed/);
    expect(history.filter((name) => name.startsWith('EnvoyFilter'))).toEqual([]);
    expect(applied).toEqual([]);
  });

  test('when the fault is still there after the revert', async () => {
    const { result } = await run({ keepsFault: true }, oneCell(0.5, 2));
    expect(result.verdict).toBe('invalid');
    expect(result.reasons.join()).toContain('has not recovered');
  });
});

describe('where open connections outlive a change', () => {
  /** What was done on the lane of one service, in order. */
  const lane = (events: string[], service: string): string[] =>
    events.filter((event) => event.includes(`-${service}`));
  const [users] = retries.edges;
  const burst = (change: string): string => `load wt-test-users-${change}- 100`;

  test('each change is followed by a burst that uses them up, and is not counted', async () => {
    const { result, events } = await run({ servesOldWay: 100 }, oneCell(0.5, 2));
    expect(result.reasons).toEqual([]);
    expect(result.verdict).toBe('confirmed');
    const [cell] = result.cells;
    expect(cell?.load?.scheduled).toBe(cell?.requests);
    expect(cell?.callee?.byNumber[0]).toBe(cell?.requests);
    const owner = 'experiment-retries-users';
    const [index] = cellsOf(retries).flatMap(({ edge, factors, index: at }) =>
      edge === users && factors.failureProbability === 0.5 && factors.retries === 2 ? [at] : [],
    );
    const { baselineRequests, gateRequests, recoveryRequests } = retries.phases;
    expect(lane(events, 'users')).toEqual([
      // Nothing stood, so nothing was changed.
      `revert ${owner}`,
      `apply ${owner}`,
      burst('applied'),
      `load wt-test-users-baseline- ${baselineRequests}`,
      `apply ${owner}`,
      burst('applied'),
      `load wt-test-users-gate${index}- ${gateRequests}`,
      `load wt-test-users-cell${index}- ${cell?.requests}`,
      `revert ${owner}`,
      burst('reverted'),
      `load wt-test-users-recovery- ${recoveryRequests}`,
    ]);
  });

  test('a run that does not use them up proves nothing', async () => {
    const { result } = await run({ servesOldWay: 150 }, oneCell(0.5, 2));
    expect(result.verdict).toBe('invalid');
  });

  test('no burst is sent where changes reach them', async () => {
    const { events } = await run({}, oneCell(0.5, 2));
    expect(lane(events, 'users').filter((event) => event.startsWith('load'))).toHaveLength(4);
    expect(events.join()).not.toMatch(/-(?:applied|reverted)-/);
  });
});

describe('an experiment stops and reverts', () => {
  test('when an edge outside it fails', async () => {
    const quickGuards = retries.guards.map((guard) => ({ ...guard, everyMs: 1 }));
    const { result, applied, history } = await run(
      { brokenEdges: ['orders->users.get'] },
      { ratePerSecond: 2000 },
      { ...retries, guards: quickGuards },
    );
    expect(result.verdict).toBe('invalid');
    expect(result.reasons[0]).toContain(
      'orders->users.get, outside the experiment, failed 3 times',
    );
    expect(result.guards.find(({ tripped }) => tripped)?.edge).toBe('orders->users.get');
    expect(result.cells.length).toBeLessThan(16);
    expect(history).toContain('EnvoyFilter/windtunnel-fault-users');
    expect(applied).toEqual([]);
  });

  test('on Ctrl-C in the middle of a cell, and says so', async () => {
    const interrupt = new AbortController();
    const { result, applied, history } = await run(
      { onRequest: (count) => count === 5000 && interrupt.abort() },
      { signal: interrupt.signal },
    );
    expect(history).toContain('EnvoyFilter/windtunnel-fault-users');
    expect(applied).toEqual([]);
    expect(result.verdict).toBe('invalid');
    expect(result.reasons[0]).toBe('interrupted');
    expect(result.phases.map(({ name }) => name)).toEqual([
      'preflight',
      'baseline',
      'treatment',
      'revert',
    ]);
  });

  test('on an error of the target, which it then throws', async () => {
    const mesh = fakeMesh(1, { failsApply: 6 });
    const failing = runExperiment(retries, {
      target: mesh.target,
      traffic: mesh.traffic,
      progress: silentProgress,
      signal: new AbortController().signal,
      seed: 1,
      runId: 'test',
      startedAt: new Date(0),
      ratePerSecond: 100_000,
    });
    await expect(failing).rejects.toThrow('the mesh is gone');
    expect(mesh.history).toContain('EnvoyFilter/windtunnel-fault-users');
    expect(mesh.applied()).toEqual([]);
  });

  test('when what makes the requests is gone in the middle, and throws why', async () => {
    const mesh = fakeMesh(1, { losesGenerator: 5000 });
    const failing = runExperiment(retries, {
      target: mesh.target,
      traffic: mesh.traffic,
      progress: silentProgress,
      signal: new AbortController().signal,
      seed: 1,
      runId: 'test',
      startedAt: new Date(0),
      ratePerSecond: 100_000,
      settleMs: 1,
    });
    await expect(failing).rejects.toThrow('the load agent has ended');
    expect(mesh.history).toContain('EnvoyFilter/windtunnel-fault-users');
    expect(mesh.applied()).toEqual([]);
  });

  test('refuses a mesh that hides the counters of retries', async () => {
    await expect(run({ hidesRetries: true })).rejects.toThrow('does not expose upstream_rq_retry');
  });
});
