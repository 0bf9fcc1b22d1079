import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kube, openKube } from '../../src/cluster/kube/client.ts';
import {
  deleteKindCluster,
  findKindCluster,
  kindKubeconfig,
} from '../../src/cluster/tools/kind.ts';
import { createTools, type Tools } from '../../src/cluster/tools/tool.ts';
import { WindtunnelError } from '../../src/errors.ts';
import type { Progress } from '../../src/progress.ts';
import { freePort } from '../../test/support/free-port.ts';
import { projectDir } from './local-up.ts';
import { runNode } from './program.ts';

/** A kind cluster that a bench works on. */
export interface BenchCluster {
  name: string;
  /** Container of its node. */
  node: string;
  kube: Kube;
  tools: Tools;
  /** `windtunnel up --target kind` on it, with more options. */
  up(...more: string[]): Promise<void>;
}

/** The program `windtunnel`. */
export const cli = join(projectDir, 'src', 'cli', 'main.ts');

const upTimeoutMs = 1_500_000;
const deleteTimeoutMs = 150_000;

/** Deletes a cluster that a bench made; with time of its own, also after Ctrl-C. */
function deleteBenchCluster(name: string): Promise<void> {
  return deleteKindCluster(createTools(process.env, AbortSignal.timeout(deleteTimeoutMs)), name);
}

/** Works with a kind cluster that is there, or with one made for the bench and deleted at its end. Leaves kubeconfig files alone. */
export async function withCluster<T>(
  {
    name: given,
    progress,
    signal,
  }: { name: string | undefined; progress: Progress; signal: AbortSignal },
  work: (cluster: BenchCluster) => Promise<T>,
): Promise<T> {
  const name = given ?? `wt-bench-${process.pid}`;
  const tools = createTools(process.env, signal);
  const folder = mkdtempSync(join(tmpdir(), 'windtunnel-bench-'));
  const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig') };
  const port = given === undefined ? ['--port', String(await freePort())] : [];
  const up = (...more: string[]): Promise<void> =>
    progress.step(['windtunnel up --target kind', ...more].join(' '), (step) => {
      const args = [cli, 'up', '--target', 'kind', '--cluster', name, ...port, ...more];
      return runNode(args, { signal, env, step, timeoutMs: upTimeoutMs });
    });
  try {
    if (given === undefined) await up();
    const found = await findKindCluster(tools, name);
    if (found?.running !== true) {
      throw new WindtunnelError('not-running', `no kind cluster '${name}' runs`, {
        next: `windtunnel up --target kind --cluster ${name}, or leave --cluster out`,
      });
    }
    const kube = openKube({ type: 'text', kubeconfig: await kindKubeconfig(tools, name) });
    return await work({ name, node: found.node, kube, tools, up });
  } finally {
    if (given === undefined) {
      await progress.step(`cluster ${name} deleted`, () => deleteBenchCluster(name));
    }
    rmSync(folder, { recursive: true, force: true });
  }
}
