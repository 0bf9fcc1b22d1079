/*
 * A process of its own that outlives the supervisor by a moment: while the supervisor lives it holds our standard input
 * open; when it ends, however it ends, the pipe closes and everything that it left running is ended here.
 *
 * usage: node guardian.ts INSTANCE_FOLDER PATH_TO_REMOVE...   (lines on stdin: `+PID START` and `-PID`)
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isRunning, markedProcesses, type ProcessIdentity, signalTree } from './identity.ts';

const [folder = '', ...toRemove] = process.argv.slice(2);
const children = new Map<number, ProcessIdentity>();
const graceMs = 300;
const maxRounds = 20;

// Whoever ends the supervisor's group, or closes its terminal, must not end us before we have done our part.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

function left(): ProcessIdentity[] {
  return [...[...children.values()].filter(isRunning), ...markedProcesses(folder)];
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

for await (const line of createInterface({ input: process.stdin })) {
  const [pid, startTime = ''] = line.slice(1).split(' ', 2);
  if (line.startsWith('+')) children.set(Number(pid), { pid: Number(pid), startTime });
  else if (line.startsWith('-')) children.delete(Number(pid));
}

for (const { pid } of left()) signalTree(pid, 'SIGTERM');
if (left().length > 0) await pause(graceMs);
for (let round = 0; round < maxRounds && left().length > 0; round++) {
  for (const { pid } of left()) signalTree(pid, 'SIGKILL');
  await pause(50);
}
for (const path of toRemove) rmSync(path, { recursive: true, force: true });
process.exit(0);
