import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import { askCluster, runOnCluster } from '../support/cluster.ts';
import { send } from '../support/http.ts';
import { projectDir, runCli } from '../support/run-cli.ts';

const { namespace } = topology;

/** Writes what `npx cdk8s synth` writes, into a folder of its own. */
async function synthByHand(folder: string): Promise<void> {
  const cdk8s = join(projectDir, 'node_modules', '.bin', 'cdk8s');
  const env = {
    ...process.env,
    PATH: `${join(projectDir, 'node_modules', '.bin')}:${process.env.PATH}`,
  };
  const args = ['synth', '--output', folder, '--check-upgrade=false'];
  await promisify(execFile)(cdk8s, args, { cwd: projectDir, env });
}

test('down takes away what up applied; cdk8s synth and kubectl apply bring it again; up takes it over', async () => {
  const env = { KUBECONFIG: inject('cluster').kubeconfig };
  const folder = await mkdtemp(join(tmpdir(), 'windtunnel-by-hand-'));
  try {
    const down = await runCli(['down', '--target', 'current'], { env });
    expect({ status: down.status, stderr: down.stderr }).toMatchObject({ status: 0 });
    const deployments = ['-n', namespace, 'get', 'deployments', '-o', 'name'];
    await expect
      .poll(() => askCluster('kubectl', ...deployments), { timeout: 120_000, interval: 1000 })
      .toBe('');
    // A namespace that up made goes with the rest; one that was there before stays.
    const phase = ['get', 'ns', namespace, '--ignore-not-found', '-o', 'jsonpath={.status.phase}'];
    await expect
      .poll(() => askCluster('kubectl', ...phase), { timeout: 120_000, interval: 1000 })
      .not.toBe('Terminating');
    await synthByHand(folder);
    expect(await readdir(folder)).toEqual(await readdir(join(projectDir, 'manifests')));
    for (const file of await readdir(folder)) {
      const committed = await readFile(join(projectDir, 'manifests', file), 'utf8');
      expect(await readFile(join(folder, file), 'utf8')).toBe(committed);
    }
    await askCluster('kubectl', 'apply', '-f', folder);
    for (const { name } of topology.services) {
      const wait = ['rollout', 'status', `deployment/${name}`, '--timeout=180s'];
      await askCluster('kubectl', '-n', namespace, ...wait);
    }
    await expect
      .poll(async () => (await send(inject('cluster').port, '/users/123')).status, {
        timeout: 60_000,
        interval: 1000,
      })
      .toBe(200);
  } finally {
    await rm(folder, { recursive: true, force: true });
    const up = await runOnCluster(['up', '--observability']);
    expect({ status: up.status, stderr: up.stderr }).toMatchObject({ status: 0 });
  }
});
