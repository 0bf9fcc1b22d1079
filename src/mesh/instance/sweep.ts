import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isRunning,
  markedProcesses,
  type ProcessIdentity,
  signalTree,
} from '../processes/identity.ts';
import { readState, removeState, temporaryFolderOf } from './state.ts';

/** What {@link sweep} found. */
export interface SweepReport {
  /** The supervisor runs: nothing was touched. */
  running: boolean;
  /** Process ids that were ended. */
  ended: number[];
}

const termGraceMs = 1000;
const killRounds = 40;

/**
 * Ends what an instance left behind whose supervisor is gone: processes by id and start time, and (on Linux) whatever
 * carries the instance's marker in its environment; then its sockets and its state. Does nothing while it runs.
 */
export async function sweep(folder: string): Promise<SweepReport> {
  const state = await readState(folder);
  if (state && isRunning(state.supervisor)) return { running: true, ended: [] };
  const known = new Map<number, ProcessIdentity>();
  for (const found of [...alive(state?.processes ?? []), ...markedProcesses(folder)]) {
    known.set(found.pid, found);
  }
  const processes = [...known.values()];
  for (const { pid } of processes) signalTree(pid, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < termGraceMs && alive(processes).length > 0; waitedMs += 50) {
    await sleep(50);
  }
  for (let round = 0; round < killRounds && alive(processes).length > 0; round++) {
    for (const { pid } of alive(processes)) signalTree(pid, 'SIGKILL');
    await sleep(50);
  }
  if (state?.socketFolder) await rm(state.socketFolder, { recursive: true, force: true });
  // Where that fails nothing can be started either, which says why.
  await rm(temporaryFolderOf(folder), { recursive: true, force: true }).catch(() => {});
  await removeState(folder);
  return { running: false, ended: processes.map(({ pid }) => pid) };
}

function alive(processes: ProcessIdentity[]): ProcessIdentity[] {
  return processes.filter(isRunning);
}
