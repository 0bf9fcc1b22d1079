import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { arrivalOffsetsMs } from '../src/load/arrivals.ts';
import { connectAgent } from '../src/load/agent/client.ts';
import type { RequestSpec } from '../src/load/agent/protocol.ts';
import { spawnAgent } from '../src/load/agent/spawn.ts';
import { runOpenLoop } from '../src/load/open-loop.ts';
import { seededRandom } from '../src/load/random.ts';
import type { LoadReport } from '../src/load/recorder.ts';
import { createRestSender } from '../src/load/rest.ts';
import { bootstrapRatio, median } from './kit/statistics.ts';

// How late requests are sent: by a generator in a process of its own against one that shares its process with the rest of the
// CLI, whose work is imitated: 8 ms of it in every 40 ms, as when the logs of sidecars are read. `control` is a second agent: its
// ratio shows what this run cannot tell from 1. Run: node bench/load-agent.ts. Ratios of the 99th percentile of send lag.
const rates = [100, 300, 600, 1200, 2400];
const rounds = 6;
const slotMs = 1000;
const warmUpRequests = 3000;
const [workMs, everyMs] = [8, 40];

if (process.argv[2] === 'server') {
  process.once('disconnect', () => process.exit());
  const server = createServer((_request, response) => response.end('ok'));
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
} else {
  await compare();
}

interface Arm {
  name: 'inside' | 'agent' | 'control';
  run(ratePerSecond: number, requests: number): Promise<LoadReport>;
  close(): Promise<void>;
}

function inside(request: Extract<RequestSpec, { protocol: 'http' }>): Arm {
  const sender = createRestSender(request);
  return {
    name: 'inside',
    run: (ratePerSecond, requests) =>
      runOpenLoop({
        offsetsMs: arrivalOffsetsMs({ kind: 'poisson', ratePerSecond }, requests, seededRandom(1)),
        send: (index) => sender.send(`bench-${index}`),
      }),
    close: () => sender.close(),
  };
}

async function outside(name: Arm['name'], request: RequestSpec): Promise<Arm> {
  const agent = await connectAgent(spawnAgent());
  const source = await agent.open(request);
  return {
    name,
    run: (ratePerSecond, requests) =>
      source.run({
        arrivals: { kind: 'poisson', ratePerSecond },
        requests,
        seed: 1,
        requestIdPrefix: 'bench-',
        maxOutstanding: 1024,
      }),
    close: () => agent.close(),
  };
}

/** The rest of the CLI, as far as it holds up whoever shares its process. */
function imitateWork(): NodeJS.Timeout {
  return setInterval(() => {
    const endMs = performance.now() + workMs;
    while (performance.now() < endMs) JSON.parse('{"a":[1,2,3]}');
  }, everyMs);
}

async function compare(): Promise<void> {
  const server: ChildProcess = fork(import.meta.filename, ['server']);
  const [port] = (await once(server, 'message')) as [number];
  const request = {
    protocol: 'http',
    address: '127.0.0.1',
    port,
    authority: 'bench',
    method: 'GET',
    path: '/',
    timeoutMs: 10_000,
  } as const;
  const arms = [
    inside(request),
    await outside('agent', request),
    await outside('control', request),
  ];
  for (const arm of arms) await arm.run(1000, warmUpRequests);
  const work = imitateWork();
  const row = (cells: string[]): void =>
    console.log(
      cells.map((cell, at) => (at === 0 ? cell.padStart(9) : cell.padStart(30))).join(''),
    );
  row(['rate', 'inside p99 ms', 'agent p99 ms', 'agent / inside', 'control / agent']);
  for (const rate of rates) {
    const p99 = await measure(arms, rate);
    const ratio = (over: Arm['name'], under: Arm['name']): string => {
      const [low, high] = bootstrapRatio(p99[over], p99[under]);
      const middle = median(p99[over].flat()) / median(p99[under].flat());
      return `${middle.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
    };
    const shown = (name: Arm['name']): string => median(p99[name].flat()).toFixed(2);
    row([
      `${rate}/s`,
      shown('inside'),
      shown('agent'),
      ratio('agent', 'inside'),
      ratio('control', 'agent'),
    ]);
  }
  clearInterval(work);
  for (const arm of arms) await arm.close();
  server.disconnect();
}

/** The p99 of send lag of each arm, by round; a round visits the arms forth and back. */
async function measure(arms: Arm[], rate: number): Promise<Record<Arm['name'], number[][]>> {
  const p99: Record<Arm['name'], number[][]> = { inside: [], agent: [], control: [] };
  for (let round = 0; round < rounds; round++) {
    for (const { name } of arms) p99[name].push([]);
    for (const arm of [...arms, ...arms.toReversed()]) {
      const { sendLag } = await arm.run(rate, Math.max(100, (rate * slotMs) / 1000));
      p99[arm.name][round]?.push(sendLag.p99Ms);
    }
  }
  return p99;
}
