import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bootstrapRatio, median } from './kit/statistics.ts';
import { grpcLoad, type Load, restLoad } from './plumbing-load.ts';

// What the kit costs: a REST route of it against bare Fastify, a unary gRPC call against bare grpc-js, with the same
// schemas and handlers. Run: node bench/plumbing.ts [--json]. The measure is requests per second of the server's CPU
// time: what a saturated server can give, which neighbours on the machine change far less than time. Each round visits the
// arms forth and back (ABBA), and `control` is a second bare server: its ratio shows what this run cannot tell from 1.
// A slot is a number of requests, not a time: all slots then tell the same amount, however busy the machine is.
const maxRounds = 150;
const budgetMs = 38_000;
const concurrency = 32;
// Node compiles hot code late and in steps: slots measured before that would measure the compiler.
const plans = {
  rest: { slotRequests: 1000, warmUpRequests: 40_000 },
  grpc: { slotRequests: 320, warmUpRequests: 20_000 },
} as const;

interface Arm {
  name: string;
  child: ChildProcess;
  load: Load;
  perCpuSecond: number[];
  perSecond: number[];
}

interface Comparison {
  what: string;
  goal: number;
  ratio: number;
  interval: [number, number];
  controlRatio: number;
  controlInterval: [number, number];
  barePerCpuSecond: number;
  kitPerCpuSecond: number;
  wallClockRatio: number;
  rounds: number;
}

type Protocol = keyof typeof plans;

async function startArm(name: string, program: string, protocol: Protocol): Promise<Arm> {
  const child = fork(join(import.meta.dirname, 'plumbing-server.ts'), [program]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const load =
    protocol === 'rest' ? await restLoad(port, concurrency) : grpcLoad(port, concurrency);
  await load.run(plans[protocol].warmUpRequests);
  return { name, child, load, perCpuSecond: [], perSecond: [] };
}

async function cpuMs(arm: Arm): Promise<number> {
  const answer = once(arm.child, 'message');
  arm.child.send('cpu');
  const [{ cpu }] = (await answer) as [{ cpu: NodeJS.CpuUsage }];
  return (cpu.user + cpu.system) / 1000;
}

async function measure(arm: Arm, count: number): Promise<void> {
  const cpuBeforeMs = await cpuMs(arm);
  const startedMs = performance.now();
  await arm.load.run(count);
  const elapsedMs = performance.now() - startedMs;
  arm.perCpuSecond.push((count * 1000) / ((await cpuMs(arm)) - cpuBeforeMs));
  arm.perSecond.push((count * 1000) / elapsedMs);
}

async function compare(protocol: Protocol, what: string, goal: number): Promise<Comparison> {
  const startedMs = performance.now();
  const arms: Arm[] = [];
  try {
    for (const [name, program] of [
      ['bare', `bare-${protocol}`],
      ['kit', `kit-${protocol}`],
      ['control', `bare-${protocol}`],
    ] as const) {
      arms.push(await startArm(name, program, protocol));
    }
    for (let round = 0; round < maxRounds; round++) {
      if (performance.now() - startedMs > budgetMs) break;
      // Every round starts with another arm, so that none always follows the same one.
      const order = arms.map((_, index) => arms[(index + round) % arms.length] as Arm);
      for (const arm of [...order, ...order.toReversed()]) {
        await measure(arm, plans[protocol].slotRequests);
      }
    }
  } finally {
    for (const arm of arms) {
      arm.load.close();
      arm.child.disconnect();
    }
  }
  const [bare, kit, control] = arms as [Arm, Arm, Arm];
  return {
    what,
    goal,
    ratio: median(kit.perCpuSecond) / median(bare.perCpuSecond),
    interval: bootstrapRatio(byRound(kit.perCpuSecond), byRound(bare.perCpuSecond)),
    controlRatio: median(control.perCpuSecond) / median(bare.perCpuSecond),
    controlInterval: bootstrapRatio(byRound(control.perCpuSecond), byRound(bare.perCpuSecond)),
    barePerCpuSecond: median(bare.perCpuSecond),
    kitPerCpuSecond: median(kit.perCpuSecond),
    wallClockRatio: median(kit.perSecond) / median(bare.perSecond),
    rounds: kit.perSecond.length / 2,
  };
}

// A round visits each arm twice; what was measured in one round is drawn together.
function byRound(samples: number[]): number[][] {
  return Array.from({ length: samples.length / 2 }, (_, round) =>
    samples.slice(2 * round, 2 * round + 2),
  );
}

function row(cells: string[]): string {
  const [first = '', ...rest] = cells;
  return `${first.padEnd(28)}${rest.map((cell) => cell.padStart(24)).join('')}`;
}

// Only the whole interval on one side of the goal tells; a busy machine may well leave it open.
function verdict([low, high]: [number, number], goal: number): 'met' | 'missed' | 'open' {
  if (low >= goal) return 'met';
  return high < goal ? 'missed' : 'open';
}

function range([low, high]: [number, number], ratio: number): string {
  return `${ratio.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

const results = [
  await compare('rest', 'REST: kit / bare Fastify', 0.95),
  await compare('grpc', 'gRPC: kit / bare grpc-js', 0.97),
];
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ plans, concurrency, results }, null, 2)}\n`);
} else {
  process.stdout.write(
    `${row(['', 'ratio [95 %]', 'goal', 'control (A/A)', 'kit / CPU second'])}\n`,
  );
  for (const result of results) {
    const { what, ratio, interval, goal, controlRatio, controlInterval, kitPerCpuSecond } = result;
    const cells = [
      range(interval, ratio),
      `>= ${goal}: ${verdict(interval, goal)}`,
      range(controlInterval, controlRatio),
    ];
    process.stdout.write(`${row([what, ...cells, kitPerCpuSecond.toFixed(0)])}\n`);
  }
}
