import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createKindCluster,
  deleteKindCluster,
  kindConfig,
  readKindConfig,
} from '../src/cluster/tools/kind.ts';
import { createTools } from '../src/cluster/tools/tool.ts';
import type { Progress, Step } from '../src/progress.ts';
import { freePort } from '../test/support/free-port.ts';
import { runBench } from './kit/bench.ts';
import { type ArmSamples, interleave, ratioText } from './kit/compare.ts';
import { projectDir } from './kit/local-up.ts';
import { runNode } from './kit/program.ts';
import { median } from './kit/statistics.ts';

const help = `
How long it takes until the system is up and every declared edge has answered one real call: on the local mesh, and on
kind; beside a kind cluster with nothing in it.

  node bench/cluster-up.ts [--rounds N] [--skip-warm-up] [--json]

  a  local up     a process: real Envoys and services of this machine, every declared edge proven
  b  bare kind    kind create cluster --wait, with kind-config.yaml, and nothing more
  c  up on kind   windtunnel up --target kind, no cluster there before: cluster, Istio, images, manifests, every edge proven
  d  second up    the same command again: nothing to change, every edge proven

One run visits all, forth and back in each round (a b c d, c d b a), so that a machine that slows down does so for all. The
first visit of each is thrown away: it builds and pulls images. Without ISTIO_HUB and ISTIO_TAG, which name images in Docker, the
cluster's node pulls Istio's images from the network each time, and that is part of c. Needs docker, kind and istioctl.

Printed are ratios of medians, each with a 95 % interval (bootstrap over rounds): a/b (goal: at most 0.5), c/b, d/c.

  --rounds N       at least 2: one gives no interval; default 2; about 8 minutes each on two cores
  --skip-warm-up   throw nothing away: right when all images are in Docker
  --json           all numbers, as JSON

It makes clusters of its own with ports of their own, one at a time, leaves kubeconfig files alone, and deletes what it made,
also on Ctrl-C.
`;

const localTimeoutMs = 180_000;
const localEndMs = 60_000;
const upTimeoutMs = 1_500_000;
const deleteTimeoutMs = 150_000;
const cli = join(projectDir, 'src', 'cli', 'main.ts');
const name = `wt-bench-${process.pid}`;

const elapsed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
};

async function localUp(signal: AbortSignal): Promise<number> {
  const startedMs = performance.now();
  const child = fork(join(import.meta.dirname, 'cluster-up-local.ts'), { detached: true });
  const ended = once(child, 'exit');
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(localTimeoutMs)]);
    const message = once(child, 'message', { signal: limit });
    message.catch(() => {});
    const failed = ended.then(([code]) => {
      throw new Error(`the local up ended before it was up: exit ${code}`);
    });
    failed.catch(() => {});
    await Promise.race([message, failed]);
    return performance.now() - startedMs;
  } finally {
    // It takes its mesh down when it is no longer connected.
    if (child.connected) child.disconnect();
    const killer = setTimeout(() => child.kill('SIGKILL'), localEndMs);
    await ended;
    clearTimeout(killer);
  }
}

interface KindArms {
  bare(): Promise<number>;
  /** A full `up`, then the same again: two times. */
  fullAndSecond(): Promise<[number, number]>;
  remove(): Promise<void>;
}

function kindArms(
  env: Record<string, string | undefined>,
  signal: AbortSignal,
  step: Step,
): KindArms {
  const remove = (): Promise<void> =>
    deleteKindCluster(createTools(env, AbortSignal.timeout(deleteTimeoutMs)), name);
  return {
    remove,
    async bare() {
      const config = kindConfig(await readKindConfig(projectDir), name, await freePort());
      const tools = createTools(env, signal);
      try {
        const note = (): void => {};
        return await elapsed(() => createKindCluster({ tools, name, config, env, step, note }));
      } finally {
        await remove();
      }
    },
    async fullAndSecond() {
      const port = String(await freePort());
      const args = [cli, 'up', '--target', 'kind', '--cluster', name, '--port', port];
      const up = (): Promise<void> => runNode(args, { signal, env, step, timeoutMs: upTimeoutMs });
      try {
        return [await elapsed(up), await elapsed(up)];
      } finally {
        await remove();
      }
    },
  };
}

/** Runs all arms; gives the samples of a, b, c, d. */
async function measure(
  { rounds, warmUp }: { rounds: number; warmUp: boolean },
  env: Record<string, string | undefined>,
  progress: Progress,
  signal: AbortSignal,
): Promise<ArmSamples[]> {
  const seconds: number[] = [];
  const arm = (title: string, run: (kind: KindArms) => Promise<number>) => () =>
    progress.step(title, async (step) => {
      signal.throwIfAborted();
      const tookMs = await run(kindArms(env, signal, step));
      step.update(`${(tookMs / 1000).toFixed(1)} s`);
      return tookMs / 1000;
    });
  const arms = {
    'a  local up': arm('a  local up, every edge proven', () => localUp(signal)),
    'b  bare kind': arm('b  bare kind create cluster', (kind) => kind.bare()),
    'c  up on kind': arm('c  windtunnel up --target kind, and d  again', async (kind) => {
      const [fullMs, secondMs] = await kind.fullAndSecond();
      seconds.push(secondMs / 1000);
      progress.note(`  d  the second up took ${(secondMs / 1000).toFixed(1)} s`);
      return fullMs;
    }),
  };
  if (warmUp) {
    progress.note('warm-up: thrown away');
    for (const run of Object.values(arms)) await run();
    seconds.length = 0;
  }
  const samples = await interleave(rounds, arms);
  const second = Array.from({ length: rounds }, (_, at) => seconds.slice(2 * at, 2 * at + 2));
  return [...samples, { name: 'd  second up', rounds: second }];
}

function print(samples: ArmSamples[], json: boolean): void {
  const [a, b, c, d] = samples as [ArmSamples, ArmSamples, ArmSamples, ArmSamples];
  const ratios = { 'a/b': ratioText(a, b), 'c/b': ratioText(c, b), 'd/c': ratioText(d, c) };
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  if (json) return write(JSON.stringify({ samples, ratios }, null, 2));
  write(`until every edge is proven, seconds (${a.rounds.length} rounds, forth and back)`);
  for (const { name, rounds } of samples) {
    const all = rounds.flat();
    const [low, high] = [Math.min(...all), Math.max(...all)].map((one) => one.toFixed(1));
    const middle = median(all).toFixed(1).padStart(7);
    write(`  ${name.padEnd(16)} median ${middle}  (${low} to ${high})`);
  }
  write(`  a/b  ${ratios['a/b']}   local up / bare kind (goal: at most 0.5)`);
  write(`  c/b  ${ratios['c/b']}   up on kind / bare kind`);
  write(`  d/c  ${ratios['d/c']}   second up / first up`);
}

await runBench({
  help,
  options: {
    rounds: { type: 'string', default: '2' },
    'skip-warm-up': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run({ progress, signal, number, flag }) {
    const folder = mkdtempSync(join(tmpdir(), 'windtunnel-bench-'));
    // kind writes the new cluster into the kubeconfig and makes it current: not into the user's.
    const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig') };
    try {
      const plan = { rounds: number('rounds', 2), warmUp: !flag('skip-warm-up') };
      const samples = await measure(plan, env, progress, signal);
      print(samples, flag('json'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});
