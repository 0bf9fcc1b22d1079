import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import { type MeasuredCell, matrixCells, type PlainCell } from '../../src/call/matrix.ts';
import type { EdgeProof } from '../../src/call/prove.ts';
import { askCluster, runOnCluster } from '../support/cluster.ts';
import { projectDir, runCli } from '../support/run-cli.ts';

interface Proof {
  edges: EdgeProof[];
  matrix: { deployed: MeasuredCell[]; open: MeasuredCell[]; plaintext: PlainCell[] };
}

/** What can be compared between two places: the verdicts, not the times and names of pods. */
const verdictsOf = (stdout: string): Record<string, Record<string, unknown>> => {
  const { edges, matrix } = JSON.parse(stdout) as Proof;
  const cells = (measured: MeasuredCell[]): Record<string, string> =>
    Object.fromEntries(
      measured.map(({ caller, operation, verdict }) => [`${caller}->${operation}`, verdict]),
    );
  return {
    edges: Object.fromEntries(edges.map(({ edge, proven }) => [edge, proven])),
    deployed: cells(matrix.deployed),
    open: cells(matrix.open),
    plaintext: Object.fromEntries(
      matrix.plaintext.map(({ service, verdict }) => [service, verdict]),
    ),
  };
};

test('who may call what is the same on the cluster as on this machine, cell by cell, and as declared', async () => {
  const prove = ['prove', '--matrix', '--json'];
  const cluster = await runOnCluster(prove);
  expect({ status: cluster.status, stderr: cluster.stderr }).toMatchObject({ status: 0 });
  const name = `test-edges-${process.pid}`;
  const up = await runCli(['up', '--detach', '--name', name]);
  expect({ status: up.status, stderr: up.stderr }).toMatchObject({ status: 0 });
  try {
    const local = await runCli([...prove, '--name', name]);
    expect({ status: local.status, stderr: local.stderr }).toMatchObject({ status: 0 });
    const seen = verdictsOf(cluster.stdout);
    expect(seen).toEqual(verdictsOf(local.stdout));
    expect(Object.values(seen.edges ?? {})).not.toContain(false);
    expect(Object.keys(seen.edges ?? {}).length).toBeGreaterThanOrEqual(topology.edges.length);
    expect(Object.keys(seen.deployed ?? {})).toHaveLength(matrixCells(topology).length);
    for (const { name: service } of topology.services) {
      expect(seen.plaintext?.[service]).toBe('refused');
    }
  } finally {
    await runCli(['down', '--name', name]);
    rmSync(join(projectDir, '.windtunnel', name), { recursive: true, force: true });
  }
});

test('nothing of the proof is left in the cluster', async () => {
  const jobs = await askCluster('kubectl', 'get', 'jobs', '-A', '-o', 'name');
  expect(jobs).not.toContain('windtunnel-outside');
  const routes = await askCluster('kubectl', 'get', 'virtualservices', '-A', '-o', 'name');
  expect(routes).not.toContain('/open-');
});
