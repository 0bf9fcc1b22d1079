import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { freePort } from './free-port.ts';
import { runCli } from './run-cli.ts';

/** The cluster that all cluster tests of one run share. */
export interface TestCluster {
  /** Name of the kind cluster. */
  name: string;
  /** Of the ingress gateway on 127.0.0.1. */
  port: number;
  /** A kubeconfig file for it. */
  kubeconfig: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    cluster: TestCluster;
  }
}

const run = promisify(execFile);
const upTimeoutMs = 900_000;

/**
 * Brings one cluster up for all tests of the project `cluster`, as a user would, and takes it down at the end.
 * `WINDTUNNEL_TEST_CLUSTER=NAME:PORT` uses one that is up, and leaves it.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'windtunnel-cluster-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const [givenName, givenPort] = (process.env.WINDTUNNEL_TEST_CLUSTER ?? '').split(':');
  const given = givenName !== undefined && givenName !== '';
  const name = given ? givenName : `windtunnel-test-${process.pid}`;
  const port = given ? Number(givenPort) : await freePort();
  const tearDown = async (): Promise<void> => {
    if (!given) await down(name);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    if (!given) await up(name, port, kubeconfig);
    await writeKubeconfig(name, kubeconfig);
  } catch (error) {
    await tearDown();
    throw error;
  }
  project.provide('cluster', { name, port, kubeconfig });
  return tearDown;
}

async function writeKubeconfig(name: string, file: string): Promise<void> {
  const { stdout } = await run('kind', ['get', 'kubeconfig', '--name', name]);
  await writeFile(file, stdout, { mode: 0o600 });
}

async function up(name: string, port: number, kubeconfig: string): Promise<void> {
  const args = [
    'up',
    '--target',
    'kind',
    '--cluster',
    name,
    '--port',
    `${port}`,
    '--observability',
  ];
  const done = await runCli(args, {
    timeoutMs: upTimeoutMs,
    onProgress: (text) => void process.stderr.write(text),
  });
  if (done.status === 0) return;
  const pods = await writeKubeconfig(name, kubeconfig)
    .then(() => run('kubectl', ['--kubeconfig', kubeconfig, 'get', 'pods', '-A']))
    .then(({ stdout }) => stdout, String);
  throw new Error(`windtunnel ${args.join(' ')}: exit ${done.status}\n${done.stderr}\n${pods}`);
}

async function down(name: string): Promise<void> {
  const done = await runCli(['down', '--target', 'kind', '--cluster', name], {
    timeoutMs: 120_000,
  });
  // A cluster that stays fills the machine: better say so than hide it.
  if (done.status !== 0) process.stderr.write(`cluster ${name} is left: ${done.stderr}\n`);
}
