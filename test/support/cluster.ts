import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { type Kube, openKube } from '../../src/cluster/kube/client.ts';
import { type CliOptions, type CliRun, runCli } from './run-cli.ts';

/** The options that name the tests' cluster on the command line. */
export function clusterArgs(): string[] {
  return ['--target', 'kind', '--cluster', inject('cluster').name];
}

/** Runs a command of the CLI against the tests' cluster. */
export function runOnCluster(args: string[], options?: CliOptions): Promise<CliRun> {
  return runCli([...args, ...clusterArgs()], options);
}

/** Clients of the tests' cluster. */
export async function testKube(): Promise<Kube> {
  const kubeconfig = await readFile(inject('cluster').kubeconfig, 'utf8');
  return openKube({ type: 'text', kubeconfig });
}

/** What a program (`kubectl`, `istioctl`) prints about the tests' cluster; rejects when it fails. */
export async function askCluster(program: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: inject('cluster').kubeconfig };
  const { stdout } = await promisify(execFile)(program, args, { env, maxBuffer: 1 << 26 });
  return stdout;
}
