import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadAgent } from '../src/load/agent/client.ts';
import type { LoadReport } from '../src/load/recorder.ts';
import type { RequestSource } from '../src/load/source.ts';
import type { BenchCluster } from './kit/cluster.ts';
import { createCpuReader, usedMs } from './kit/cpu.ts';
import { startPodAgent } from './kit/pod-agent.ts';
import {
  type ArmName,
  armNames,
  type BenchEdge,
  edges,
  findPod,
  namespaceOf,
  undeclared,
} from './sidecar-cost-arms.ts';

/** What one block measured. */
export interface Block {
  p50Ms: number;
  p99Ms: number;
  /** Of the sidecars, for 1000 requests. */
  sidecarsMs: number;
  /** Of all containers of caller and callee, the load agent among them. */
  podsMs: number;
  /** The generator's own lateness. */
  lagP99Ms: number;
}

/** The blocks of every arm, by round. */
export type Blocks = Record<ArmName, Block[][]>;

/** How an edge is measured. */
export interface Plan {
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

/** Where it is measured. */
export interface Context {
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

/** Measures an edge in all arms, forth and back in each round. */
export async function measureEdge(
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
