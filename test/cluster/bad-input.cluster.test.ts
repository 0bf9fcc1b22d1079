import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import { applyResources } from '../../src/cluster/apply/apply.ts';
import { waitReady } from '../../src/cluster/up/wait-ready.ts';
import { parseResources } from '../../src/manifests/load.ts';
import { askCluster, runOnCluster, testKube } from '../support/cluster.ts';
import { freePort } from '../support/free-port.ts';
import { type CliRun, runCli } from '../support/run-cli.ts';

const signal = AbortSignal.timeout(500_000);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windtunnel-bad-input-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What an error for the user lacks of: its status and code, what it must say, the next step, and no stack trace. */
function lacksOf(run: CliRun, code: string, ...said: RegExp[]): string[] {
  const wanted: [string, boolean][] = [
    ['status 1', run.status === 1],
    [`[${code}]`, run.stderr.includes(`[${code}]`)],
    ['a next step', /next: /.test(run.stderr)],
    ['no stack trace', !/^\s+at /m.test(run.stderr)],
    ...said.map((pattern): [string, boolean] => [String(pattern), pattern.test(run.stderr)]),
  ];
  const lacks = wanted.filter(([, there]) => !there).map(([what]) => what);
  return lacks.length === 0 ? [] : [...lacks, run.stderr];
}

const kubeconfigOf = async (name: string, server: string): Promise<string> => {
  const file = join(folder, name);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'gone', cluster: { server } }],
    users: [{ name: 'nobody', user: { token: 'none' } }],
    contexts: [{ name: 'gone', context: { cluster: 'gone', user: 'nobody' } }],
    'current-context': 'gone',
  };
  await writeFile(file, JSON.stringify(config));
  return file;
};

test('no Docker: nothing is made, and what is missing is said', async () => {
  const env = { DOCKER_HOST: `unix://${join(folder, 'no-docker.sock')}` };
  const run = await runCli(['up', '--target', 'kind', '--cluster', 'never-made'], { env });
  expect(lacksOf(run, 'unreachable', /no-docker\.sock/, /docker info/)).toEqual([]);
});

test('a program that is not installed is named', async () => {
  const env = { PATH: join(folder, 'empty') };
  const run = await runCli(['up', '--target', 'kind', '--cluster', 'never-made'], { env });
  expect(
    lacksOf(run, 'preflight', /✗ preflight/, /✗ docker is/, /✗ kind is/, /✗ istioctl is/),
  ).toEqual([]);
});

test('a cluster that does not answer', async () => {
  const env = {
    KUBECONFIG: await kubeconfigOf('unreachable', `https://127.0.0.1:${await freePort()}`),
  };
  for (const command of ['up', 'status', 'prove']) {
    expect(
      lacksOf(
        await runCli([command, '--target', 'current'], { env }),
        'unreachable',
        /127\.0\.0\.1/,
      ),
    ).toEqual([]);
  }
});

test('a kind cluster that is not there', async () => {
  const where = ['--target', 'kind', '--cluster', 'never-made'];
  expect(lacksOf(await runCli(['status', ...where]), 'not-running', /never-made/)).toEqual([]);
  expect(
    lacksOf(await runCli(['experiment', 'run', 'retries', ...where]), 'not-running', /up --target/),
  ).toEqual([]);
  // What is not there need not be taken down.
  expect(await runCli(['down', ...where])).toMatchObject({ status: 0 });
});

describe('a cluster without Istio', () => {
  const name = `windtunnel-bare-${process.pid}`;
  const kubeconfig = (): string => join(folder, 'bare');
  const kind = (...args: string[]): Promise<unknown> => promisify(execFile)('kind', args);
  beforeAll(async () => {
    const image = process.env.KIND_NODE_IMAGE;
    const more = image === undefined ? [] : ['--image', image];
    await kind(
      'create',
      'cluster',
      '--name',
      name,
      '--kubeconfig',
      kubeconfig(),
      ...more,
      '--wait',
      '120s',
    );
  });
  afterAll(() => kind('delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig()));

  test('is told so, and nothing is put into it', async () => {
    const env = { KUBECONFIG: kubeconfig() };
    const run = await runCli(['up', '--target', 'current'], { env });
    expect(lacksOf(run, 'preflight', /Istio/, /istioctl install/)).toEqual([]);
    const { stdout } = await promisify(execFile)('kubectl', ['get', 'ns', '-o', 'name'], {
      env: { ...process.env, ...env },
    });
    expect(stdout).not.toContain('shop');
  });

  test("is another's, and down leaves it", async () => {
    const run = await runCli(['down', '--target', 'kind', '--cluster', name]);
    expect(lacksOf(run, 'not-ours', new RegExp(name))).toEqual([]);
  });
});

test('a namespace that another tool owns is left as it is, with all that should go into it', async () => {
  const kube = await testKube();
  await askCluster('kubectl', 'create', 'namespace', 'helms');
  try {
    const label = 'app.kubernetes.io/managed-by=Helm';
    await askCluster('kubectl', 'label', 'namespace', 'helms', label);
    const resources = parseResources(
      `
apiVersion: v1
kind: Namespace
metadata: {name: helms, labels: {app.kubernetes.io/managed-by: windtunnel}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ours, namespace: helms, labels: {app.kubernetes.io/managed-by: windtunnel}}
`,
      'helms.yaml',
    );
    const applied = applyResources(kube, resources, { owner: 'test', signal });
    await expect(applied).rejects.toMatchObject({
      code: 'not-ours',
      message: expect.stringMatching(/helms.*Helm/s) as string,
    });
    const maps = await askCluster('kubectl', '-n', 'helms', 'get', 'configmaps', '-o', 'name');
    expect(maps).not.toContain('ours');
  } finally {
    await askCluster('kubectl', 'delete', 'namespace', 'helms', '--wait=false');
  }
});

test('an image that does not start is named with the last words of its log', async () => {
  const kube = await testKube();
  const namespace = 'crashing';
  const resources = parseResources(
    `
apiVersion: v1
kind: Namespace
metadata: {name: ${namespace}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: broken, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: broken}}
  template:
    metadata: {labels: {app: broken}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - {name: app, image: 'windtunnel/shop:0.1.0', imagePullPolicy: IfNotPresent, command: [node, services/nowhere/main.ts]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: unknown, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: unknown}}
  template:
    metadata: {labels: {app: unknown}}
    spec: {containers: [{name: app, image: 'windtunnel/no-such-image:1', imagePullPolicy: Never}]}
`,
    'crashing.yaml',
  );
  try {
    await applyResources(kube, resources, { owner: 'test', signal });
    const ready = waitReady({
      kube,
      deployments: new Map([[namespace, ['broken', 'unknown']]]),
      step: { update: () => {} },
      signal,
      failingMs: 10_000,
    });
    await expect(ready).rejects.toMatchObject({
      code: 'start-failed',
      message: expect.stringMatching(
        /broken[\s\S]*no-such-image|no-such-image[\s\S]*broken/,
      ) as string,
    });
    await expect(ready).rejects.toMatchObject({
      message: expect.stringContaining('services/nowhere/main.ts') as string,
    });
  } finally {
    await askCluster('kubectl', 'delete', 'namespace', namespace, '--wait=false');
  }
});

test('up puts back what was changed by hand, and a second time changes nothing', async () => {
  const name = topology.services[0]?.name ?? '';
  const change = ['-n', topology.namespace, 'patch', 'destinationrule', name, '--type=merge'];
  const pool = { spec: { trafficPolicy: { connectionPool: { tcp: { maxConnections: 1 } } } } };
  await askCluster('kubectl', ...change, '-p', JSON.stringify(pool));
  const first = await runOnCluster(['up', '--observability']);
  expect({ status: first.status, stderr: first.stderr }).toMatchObject({ status: 0 });
  expect(first.stdout).toContain(`DestinationRule ${topology.namespace}/${name}: configured`);
  const second = await runOnCluster(['up', '--observability']);
  expect({ status: second.status, stderr: second.stderr }).toMatchObject({ status: 0 });
  expect(second.stdout).toMatch(/\b\d+ resources, 0 changed/);
});
