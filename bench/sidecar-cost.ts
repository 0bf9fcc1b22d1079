import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadAgent } from '../src/load/agent/client.ts';
import type { LoadReport } from '../src/load/recorder.ts';
import type { RequestSource } from '../src/load/source.ts';
import { runBench } from './kit/bench.ts';
import { type BenchCluster, withCluster } from './kit/cluster.ts';
import { rangeText } from './kit/compare.ts';
import { createCpuReader, usedMs } from './kit/cpu.ts';
import { startPodAgent } from './kit/pod-agent.ts';
import { bootstrap, median } from './kit/statistics.ts';
import {
  type ArmName,
  armNames,
  type BenchEdge,
  edges,
  findPod,
  namespaceOf,
  undeclared,
  withArms,
} from './sidecar-cost-arms.ts';

const help = `
What the sidecars cost, with our whole policy set and with Istio's defaults: added latency, and CPU per 1000 requests.

  node bench/sidecar-cost.ts [--cluster NAME] [--rounds N] [--rate N] [--block-s N] [--only rest|grpc] [--json]

Four namespaces of one cluster hold the same Deployments, callers and callees:

  ours      all that manifests/ has: mutual TLS only, AuthorizationPolicy, VirtualService, DestinationRule, Sidecar, NetworkPolicy
  defaults  sidecars, and none of these
  none      no sidecars
  again     a second 'defaults': how far this run can tell two equal arms apart (A/A)

Access log, counters and tracing are of the installation (istio/install.yaml) and of the pods: the same in all of them.

The load agent makes the requests in the caller's pod, at a constant rate whatever the answers do (open loop), one arm at a time,
forth and back in each round. Latency is from the moment a request is sent; a block gives its p50 and p99. CPU is what the kernel
counted for the containers istio-proxy of caller and callee while a block ran, by its requests; 'pods' is all containers of both.
Before, a call that nobody declared must be refused by 'ours' and by no other.

Printed are medians over blocks, and with 95 % intervals (bootstrap over rounds)
  added latency   (ours - none) / (defaults - none); goal: p99 at most 1.10
  CPU             ours / defaults; goal: at most 1.05
each beside the same of 'again'.

  --cluster NAME   a kind cluster that windtunnel up made; default: one of its own, deleted at the end
  --rounds N       at least 2: one gives no interval; default 8
  --rate N         requests per second; default 200
  --block-s N      seconds of a block; default 4
  --only EDGE      rest (storefront->users) or grpc (orders->inventory); default: both
  --json           all numbers, as JSON

Needs docker and kind, and istioctl to make a cluster. The namespaces windtunnel-bench-… are taken away again, also on Ctrl-C.
`;

/** What one block measured. */
interface Block {
  p50Ms: number;
  p99Ms: number;
  /** Of the sidecars, for 1000 requests. */
  sidecarsMs: number;
  /** Of all containers of caller and callee, the load agent among them. */
  podsMs: number;
  /** The generator's own lateness. */
  lagP99Ms: number;
}

type Blocks = Record<ArmName, Block[][]>;

interface Plan {
  rounds: number;
  ratePerSecond: number;
  blockSeconds: number;
}

/** One arm, ready to be measured. */
interface Arm {
  name: ArmName;
  block(): Promise<Block>;
  close(): Promise<void>;
}

interface Context {
  cluster: BenchCluster;
  plan: Plan;
  signal: AbortSignal;
}

const policyWaitMs = 30_000;

async function checkedLoad(
  source: RequestSource,
  edge: BenchEdge,
  context: Context,
): Promise<LoadReport> {
  const { plan, signal } = context;
  const report = await source.run(
    {
      arrivals: { kind: 'constant', ratePerSecond: plan.ratePerSecond },
      requests: plan.ratePerSecond * plan.blockSeconds,
      seed: 1,
      requestIdPrefix: 'bench-',
      maxOutstanding: 256,
    },
    signal,
  );
  signal.throwIfAborted();
  const good = report.outcomes[edge.outcome] ?? 0;
  if (good === report.scheduled) return report;
  throw new Error(
    `${edge.title}: not all ${report.scheduled} answers are ${edge.outcome}: ${JSON.stringify(report.outcomes)}`,
  );
}

async function openArm(name: ArmName, edge: BenchEdge, context: Context): Promise<Arm> {
  const { cluster, signal } = context;
  const { kube } = cluster;
  const [caller, callee] = await Promise.all([
    findPod(kube, name, edge.caller),
    findPod(kube, name, edge.callee),
  ]);
  const sidecars = [caller.sidecar, callee.sidecar].filter((id) => id !== undefined);
  const all = [...sidecars, caller.app, callee.app];
  const cpu = await createCpuReader(cluster, all);
  const container = { namespace: namespaceOf(name), pod: caller.pod, container: edge.caller };
  const agent = await startPodAgent(kube, container, signal);
  try {
    if (edge === edges.rest) await proveArm(agent, name, signal);
    const source = await agent.open(edge.request);
    // Connections are made and code is compiled.
    await checkedLoad(source, edge, context);
    return {
      name,
      async block() {
        const before = await cpu.read();
        const report = await checkedLoad(source, edge, context);
        const after = await cpu.read();
        const per1000 = (ids: string[]): number =>
          (usedMs(before, after, ids) * 1000) / report.completed;
        return {
          p50Ms: report.serviceTime.p50Ms,
          p99Ms: report.serviceTime.p99Ms,
          sidecarsMs: per1000(sidecars),
          podsMs: per1000(all),
          lagP99Ms: report.sendLag.p99Ms,
        };
      },
      close: () => agent.close(),
    };
  } catch (thrown) {
    await agent.close();
    throw thrown;
  }
}

/** Waits until an undeclared call is treated as the arm's name says. */
async function proveArm(agent: LoadAgent, name: ArmName, signal: AbortSignal): Promise<void> {
  const source = await agent.open(undeclared.edge.request);
  const wanted = undeclared.outcome[name];
  const endMs = performance.now() + policyWaitMs;
  for (let call = 0; ; call++) {
    const { label } = await source.send(`bench-undeclared-${call}`);
    if (label === wanted) break;
    if (performance.now() > endMs) throw new Error(`${name}: ${label} instead of ${wanted}`);
    await sleep(500, undefined, { signal });
  }
  await source.close();
}

async function measureEdge(
  edge: BenchEdge,
  context: Context,
  say: (text: string) => void,
): Promise<Blocks> {
  const arms: Arm[] = [];
  const blocks: Blocks = { ours: [], defaults: [], none: [], again: [] };
  const { rounds } = context.plan;
  try {
    for (const name of armNames) {
      say(`warm-up: ${name}`);
      arms.push(await openArm(name, edge, context));
    }
    for (let round = 0; round < rounds; round++) {
      // Every round starts with another arm, so that none always follows the same one.
      const order = arms.map((_, index) => arms[(index + round) % arms.length] as Arm);
      for (const arm of arms) blocks[arm.name].push([]);
      for (const arm of [...order, ...order.toReversed()]) {
        say(`round ${round + 1} of ${rounds}: ${arm.name}`);
        blocks[arm.name][round]?.push(await arm.block());
      }
    }
    return blocks;
  } finally {
    await Promise.all(arms.map((arm) => arm.close()));
  }
}

type Field = keyof Block;

function middle(blocks: readonly Block[], field: Field): number {
  return median(blocks.map((block) => block[field]));
}

/** What `over` adds to no sidecar at all, to what Istio's defaults add to it. */
function addedRatio(blocks: Blocks, over: ArmName, field: Field): [number, [number, number]] {
  const arms = { over: blocks[over], defaults: blocks.defaults, none: blocks.none };
  const ratio = (drawn: Record<keyof typeof arms, Block[]>): number => {
    const none = middle(drawn.none, field);
    return (middle(drawn.over, field) - none) / (middle(drawn.defaults, field) - none);
  };
  const all = { over: arms.over.flat(), defaults: arms.defaults.flat(), none: arms.none.flat() };
  return [ratio(all), bootstrap(arms, ratio)];
}

function plainRatio(
  blocks: Blocks,
  over: ArmName,
  under: ArmName,
  field: Field,
): [number, [number, number]] {
  const arms = { over: blocks[over], under: blocks[under] };
  const ratio = (drawn: Record<keyof typeof arms, Block[]>): number =>
    middle(drawn.over, field) / middle(drawn.under, field);
  return [ratio({ over: arms.over.flat(), under: arms.under.flat() }), bootstrap(arms, ratio)];
}

/** All comparisons of an edge: what is compared, of which field, ours and control. */
function comparisons(blocks: Blocks) {
  const added = (what: string, field: Field) => ({
    what,
    ours: addedRatio(blocks, 'ours', field),
    control: addedRatio(blocks, 'again', field),
  });
  const plain = (what: string, field: Field, under: ArmName = 'defaults') => ({
    what,
    ours: plainRatio(blocks, 'ours', under, field),
    control: plainRatio(blocks, 'again', under, field),
  });
  return [
    added('added p50, to that of defaults', 'p50Ms'),
    added('added p99, to that of defaults', 'p99Ms'),
    plain('CPU of the sidecars / defaults', 'sidecarsMs'),
    plain('CPU of the pods / defaults', 'podsMs'),
    plain('p50 / none', 'p50Ms', 'none'),
    plain('p99 / none', 'p99Ms', 'none'),
    plain('CPU of the pods / none', 'podsMs', 'none'),
  ];
}

function printEdge(edge: BenchEdge, blocks: Blocks, write: (line: string) => void): void {
  const cells = (first: string, values: string[], width: number): string =>
    `  ${first.padEnd(32)}${values.map((value) => value.padStart(width)).join('')}`;
  write(edge.title);
  write(cells('median over blocks', [...armNames], 10));
  const fields: [string, Field, number][] = [
    ['p50, ms', 'p50Ms', 3],
    ['p99, ms', 'p99Ms', 3],
    ['sidecars, CPU ms / 1000 requests', 'sidecarsMs', 0],
    ['pods, CPU ms / 1000 requests', 'podsMs', 0],
    ['send lag p99, ms', 'lagP99Ms', 3],
  ];
  for (const [what, field, digits] of fields) {
    write(
      cells(
        what,
        armNames.map((arm) => middle(blocks[arm].flat(), field).toFixed(digits)),
        10,
      ),
    );
  }
  write(cells('ratio [95 %]', ['ours', 'again (A/A)'], 26));
  for (const { what, ours, control } of comparisons(blocks)) {
    write(cells(what, [rangeText(...ours), rangeText(...control)], 26));
  }
}

await runBench({
  help,
  options: {
    cluster: { type: 'string' },
    rounds: { type: 'string', default: '8' },
    rate: { type: 'string', default: '200' },
    'block-s': { type: 'string', default: '4' },
    only: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run({ progress, signal, text, number, flag }) {
    const measured = Object.entries(edges).filter(
      ([name]) => text('only') === undefined || text('only') === name,
    );
    if (measured.length === 0) throw new Error(`--only ${text('only')}: rest or grpc`);
    const plan: Plan = {
      rounds: number('rounds', 2),
      ratePerSecond: number('rate'),
      blockSeconds: number('block-s'),
    };
    const write = (line: string): void => void process.stdout.write(`${line}\n`);
    await withCluster({ name: text('cluster'), progress, signal }, (cluster) => {
      const { kube } = cluster;
      const wanted = measured.map(([, edge]) => edge);
      return withArms({ kube, progress, signal, measured: wanted }, async () => {
        const results = [];
        for (const [name, edge] of measured) {
          const blocks = await progress.step(edge.title, (step) =>
            measureEdge(edge, { cluster, plan, signal }, step.update),
          );
          results.push({ name, blocks, comparisons: comparisons(blocks) });
          if (!flag('json')) printEdge(edge, blocks, write);
        }
        if (flag('json')) write(JSON.stringify({ plan, results }, null, 2));
      });
    });
  },
});
