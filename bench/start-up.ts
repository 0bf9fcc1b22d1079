/**
 * What the mesh adds to a start: the whole shop behind its sidecars, every declared edge proven, against the
 * same services started bare, without any proxy, until all are ready. Arms in turn, ABBA; the ratio of medians.
 *
 *   node bench/start-up.ts [ROUNDS]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { topology as shop } from '../services/topology.ts';
import { environmentOf } from '../src/topology/derive.ts';
import { createPortAllocator } from '../src/mesh/ports.ts';
import { interleave, printComparison } from './kit/compare.ts';
import { projectDir, upAndProven } from './kit/local-up.ts';

const rounds = Number(process.argv[2] ?? 3);
const signal = AbortSignal.timeout(rounds * 120_000);

async function meshed(): Promise<number> {
  const startedMs = performance.now();
  const end = await upAndProven(`bench-start-${process.pid}`, signal);
  const elapsedMs = performance.now() - startedMs;
  await end();
  return elapsedMs;
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await sleep(20);
  }
  throw new Error(`nothing listens on port ${port}`);
}

async function bare(): Promise<number> {
  const allocator = createPortAllocator(process.pid);
  const ports = await Promise.all(shop.services.map(({ name }) => allocator.allot(name)));
  const portOf = new Map<string, number>(shop.services.map(({ name }, i) => [name, ports[i] ?? 0]));
  const children: ChildProcess[] = [];
  const startedMs = performance.now();
  try {
    for (const { name } of shop.services) {
      const local = (value: string): string =>
        value.replace(/^(\w+):\d+$/, (_all, callee: string) => `127.0.0.1:${portOf.get(callee)}`);
      const declared = environmentOf(shop, name).map(({ name, value }) => [name, local(value)]);
      const env = { ...process.env, ...Object.fromEntries(declared), HOST: '127.0.0.1' };
      children.push(
        spawn(process.execPath, [join(projectDir, 'services', name, 'main.ts')], {
          env: { ...env, PORT: String(portOf.get(name)) },
          stdio: 'ignore',
        }),
      );
    }
    await Promise.all(ports.map(listening));
    return performance.now() - startedMs;
  } finally {
    for (const child of children) child.kill('SIGKILL');
    allocator.close();
  }
}

printComparison(
  'start-up of the whole shop, ms',
  await interleave(rounds, { 'mesh, every edge proven': meshed, 'bare services, ready': bare }),
);
