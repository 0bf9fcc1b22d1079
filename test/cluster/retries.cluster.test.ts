import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import type { ExperimentResult } from '../../src/experiment/result.ts';
import { askCluster, runOnCluster } from '../support/cluster.ts';
import { runCli } from '../support/run-cli.ts';

const { namespace } = topology;

/** The verdict of the whole run and of each cell. */
const verdicts = ({ verdict, cells }: ExperimentResult): Record<string, string> => ({
  all: verdict,
  ...Object.fromEntries(
    cells.map((cell) => [`${cell.edge} ${JSON.stringify(cell.factors)}`, cell.verdict]),
  ),
});
const resultOf = (stdout: string): ExperimentResult => JSON.parse(stdout) as ExperimentResult;

test('T1 gives the same verdict on the cluster as on this machine, cell by cell', async () => {
  // Half the declared rate: kind, its control plane and the load share two cores here, and the counts do not depend on it.
  const args = ['experiment', 'run', 'retries', '--rate', '150', '--json'];
  const cluster = await runOnCluster(args);
  expect({ status: cluster.status, stderr: cluster.stderr }).toMatchObject({ status: 0 });
  const local = await runCli(args);
  expect({ status: local.status, stderr: local.stderr }).toMatchObject({ status: 0 });
  const seen = verdicts(resultOf(cluster.stdout));
  expect(Object.keys(seen).length).toBeGreaterThan(10);
  expect(seen).toEqual(verdicts(resultOf(local.stdout)));
});

const faults = async (): Promise<string[]> =>
  (await askCluster('kubectl', '-n', namespace, 'get', 'envoyfilter', '-o', 'name'))
    .split('\n')
    .filter((name) => name !== '');

/** What stands of the mesh's policies, without what the API server keeps of its own. */
const policies = async (): Promise<unknown> => {
  const kinds = 'virtualservices,destinationrules,envoyfilters,authorizationpolicies,sidecars';
  const json = await askCluster('kubectl', '-n', namespace, 'get', kinds, '-o', 'json');
  const { items } = JSON.parse(json) as {
    items: { kind: string; metadata: { name: string; labels?: object }; spec: unknown }[];
  };
  return items.map(({ kind, metadata: { name, labels }, spec }) => ({ kind, name, labels, spec }));
};

test('a fault is gone when its lease ends, though the CLI was killed with SIGKILL', async () => {
  const before = await policies();
  let killed = false;
  const run = runOnCluster(['experiment', 'run', 'retries'], {
    onStart: (child) => {
      void (async () => {
        for (let tries = 0; tries < 240 && !killed; tries++) {
          if ((await faults()).length > 0) killed = child.kill('SIGKILL');
          else await sleep(500);
        }
      })();
    },
  });
  expect((await run).status).toBe(null);
  expect(await faults()).not.toEqual([]);
  const killedMs = performance.now();
  // The lease is 30 s; the reaper looks every few seconds, and istiod takes a moment.
  const endMs = killedMs + 90_000;
  while ((await faults()).length > 0 && performance.now() < endMs) await sleep(1000);
  expect(await faults()).toEqual([]);
  while (JSON.stringify(await policies()) !== JSON.stringify(before) && performance.now() < endMs) {
    await sleep(1000);
  }
  expect(await policies()).toEqual(before);
  // There is nothing left to revert, and saying so is success.
  expect((await runOnCluster(['experiment', 'revert', '--all'])).status).toBe(0);
});
