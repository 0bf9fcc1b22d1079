import { setTimeout as sleep } from 'node:timers/promises';
import { applyResources } from '../src/cluster/apply/apply.ts';
import { createObjects } from '../src/cluster/kube/kube-rest.ts';
import { owners } from '../src/cluster/up/deploy.ts';
import type { Progress } from '../src/progress.ts';
import { runBench } from './kit/bench.ts';
import { type BenchCluster, withCluster } from './kit/cluster.ts';
import { rangeText } from './kit/compare.ts';
import { type MemoryByGroup, type MemoryGroup, memoryGroups, readMemory } from './kit/pss.ts';
import { bootstrap, median } from './kit/statistics.ts';

const help = `
Memory of the whole system on a kind cluster, with and without the observability profile.

  node bench/memory.ts [--cluster NAME] [--rounds N] [--settle-s N] [--json]

The sum of the proportional set size (PSS, /proc/PID/smaps_rollup) of every process in the node's container: memory that processes
share is counted once. By group: Kubernetes (control plane, kubelet, containerd), Istio, sidecars, services, reaper, observability.
Outside of it: the page cache, the kernel, and Docker itself.

On one cluster the profile is added (windtunnel up --target kind --observability) and taken away again, over and over; each state
is read after every declared edge was called once and the cluster had time to settle. A state with the profile is compared with
the one before and the one after it, so that what only grows with time falls out. What cannot be had of the profile on this
machine is left out by 'up', with a notice: then the ratio is of the rest. The pods of the profile are listed.

  --cluster NAME   a kind cluster that windtunnel up made; left without the profile. Default: one of its own, deleted at the end
  --rounds N       at least 2: one gives no interval; default 3
  --settle-s N     default 30
  --json           all numbers, as JSON

Needs docker, kind and istioctl. Printed are medians in MiB, and with 95 % intervals (bootstrap over rounds) the ratios with / without.
`;

const readings = 3;
const readingGapMs = 2000;
const endTimeoutMs = 120_000;

/** Per round, readings without the profile (before and after) and with it. */
interface Samples {
  without: MemoryByGroup[][];
  with: MemoryByGroup[][];
}

async function settled(
  title: string,
  cluster: BenchCluster,
  settleMs: number,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<MemoryByGroup[]> {
  return progress.step(title, async (step) => {
    step.update('settling');
    await sleep(settleMs, undefined, { signal });
    const all: MemoryByGroup[] = [];
    for (let count = 0; count < readings; count++) {
      all.push(await readMemory(cluster));
      await sleep(readingGapMs, undefined, { signal });
    }
    step.update(`${median(all.map(total)).toFixed(0)} MiB`);
    return all;
  });
}

/** Takes the profile away, and waits until its pods have ended. */
async function removeProfile(
  { kube }: BenchCluster,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  await progress.step('observability taken away', async () => {
    await applyResources(kube, [], { owner: owners.observability, prune: true, signal });
    const objects = createObjects(kube, signal);
    const endMs = performance.now() + endTimeoutMs;
    const pods = { apiVersion: 'v1', kind: 'Pod' };
    while ((await objects.list(pods, owners.observability)).length > 0) {
      if (performance.now() > endMs)
        throw new Error(`its pods have not ended in ${endTimeoutMs / 1000} s`);
      await sleep(1000, undefined, { signal });
    }
  });
}

async function profilePods({ kube }: BenchCluster, signal: AbortSignal): Promise<string[]> {
  const found = await createObjects(kube, signal).list(
    { apiVersion: 'v1', kind: 'Pod' },
    owners.observability,
  );
  return found.map(({ metadata }) => metadata.labels?.app ?? metadata.name).sort();
}

function total(memory: MemoryByGroup): number {
  return memoryGroups.reduce((sum, group) => sum + memory[group], 0);
}

const totalOf = 'everything';

function valueOf(memory: MemoryByGroup, group: MemoryGroup | typeof totalOf): number {
  return group === totalOf ? total(memory) : memory[group];
}

function compare(samples: Samples, group: MemoryGroup | typeof totalOf) {
  const middle = (some: readonly MemoryByGroup[]): number =>
    median(some.map((one) => valueOf(one, group)));
  const arms = { without: samples.without, with: samples.with };
  const ratio = (drawn: Record<keyof Samples, MemoryByGroup[]>): number =>
    middle(drawn.with) / middle(drawn.without);
  const all = { without: samples.without.flat(), with: samples.with.flat() };
  return {
    group,
    withoutMib: middle(all.without),
    withMib: middle(all.with),
    ratio: ratio(all),
    interval: bootstrap(arms, ratio),
  };
}

function print(comparisons: ReturnType<typeof compare>[], pods: string[]): void {
  const row = (...cells: string[]): void => {
    const [first = '', ...rest] = cells;
    process.stdout.write(
      `  ${first.padEnd(22)}${rest.map((cell) => cell.padStart(24)).join('')}\n`,
    );
  };
  process.stdout.write(`PSS, MiB; the profile is ${pods.join(', ')}\n`);
  row('', 'without', 'with', 'with / without [95 %]');
  for (const { group, withoutMib, withMib, ratio, interval } of comparisons) {
    const found = withoutMib > 0 ? rangeText(ratio, interval) : '';
    row(group, withoutMib.toFixed(0), withMib.toFixed(0), found);
  }
}

await runBench({
  help,
  options: {
    cluster: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    'settle-s': { type: 'string', default: '30' },
    json: { type: 'boolean' },
  },
  async run({ progress, signal, text, number, flag }) {
    const [rounds, settleMs] = [number('rounds', 2), number('settle-s') * 1000];
    await withCluster({ name: text('cluster'), progress, signal }, async (cluster) => {
      const context = { progress, signal };
      const samples: Samples = { without: [], with: [] };
      let pods: string[] = [];
      const bare = async (): Promise<MemoryByGroup[]> => {
        await removeProfile(cluster, progress, signal);
        await cluster.up();
        return settled('without the profile', cluster, settleMs, context);
      };
      let before = await bare();
      for (let round = 0; round < rounds; round++) {
        progress.note(`round ${round + 1} of ${rounds}`);
        await cluster.up('--observability');
        pods = await profilePods(cluster, signal);
        samples.with.push(await settled('with the profile', cluster, settleMs, context));
        const after = await bare();
        samples.without.push([...before, ...after]);
        before = after;
      }
      const comparisons = [...memoryGroups, totalOf].map((group) =>
        compare(samples, group as MemoryGroup | typeof totalOf),
      );
      if (flag('json')) {
        process.stdout.write(
          `${JSON.stringify({ rounds, pods, comparisons, samples }, null, 2)}\n`,
        );
      } else print(comparisons, pods);
    });
  },
});
