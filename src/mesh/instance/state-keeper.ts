import { randomBytes } from 'node:crypto';
import { isRunning, type ProcessIdentity, startTimeOf } from '../processes/identity.ts';
import { type InstanceState, removeState, writeState } from './state.ts';

/** Keeps `state.json` of a running instance up to date. */
export interface StateKeeper {
  token: string;
  startedAt: string;
  /** Writes it soon; many calls in a row are one write. */
  touch(): void;
  /** Says that the instance is up, and writes it now. */
  markReady(): Promise<void>;
  /** Writes it now. */
  save(): Promise<void>;
  remove(): Promise<void>;
}

/** What {@link createStateKeeper} is given. */
export interface StateKeeperOptions {
  folder: string;
  name: string;
  controlPort: number;
  socketFolder: string;
  /** Process ids of now; ids that are 0 or gone are left out. */
  pids(): number[];
}

const delayMs = 20;

/** Makes a {@link StateKeeper}. */
export function createStateKeeper(options: StateKeeperOptions): StateKeeper {
  const { folder, name, controlPort, socketFolder, pids } = options;
  const token = randomBytes(32).toString('hex');
  const startedAt = new Date().toISOString();
  let ready = false;
  let removed = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    if (removed) return;
    const state: InstanceState = {
      name,
      supervisor: { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' },
      startedAt,
      ready,
      controlPort,
      token,
      socketFolder,
      processes: identify(pids()),
    };
    await writeState(folder, state);
  };
  // One write after another: an older state must not land on a newer one.
  const save = (): Promise<void> => {
    const next = writing.then(write);
    writing = next.catch(() => {});
    return next;
  };
  return {
    token,
    startedAt,
    touch: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void save().catch(() => {});
      }, delayMs);
    },
    save,
    markReady: () => {
      ready = true;
      return save();
    },
    remove: async () => {
      removed = true;
      clearTimeout(timer);
      await writing;
      await removeState(folder);
    },
  };
}

function identify(pids: number[]): ProcessIdentity[] {
  return pids
    .filter((pid) => pid > 0)
    .map((pid) => ({ pid, startTime: startTimeOf(pid) ?? '' }))
    .filter(isRunning);
}
