import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, openSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import type { ProcessIdentity } from '../processes/identity.ts';

/** What `state.json` of an instance holds: enough to reach it, and to clean up after it. */
export interface InstanceState {
  name: string;
  /** The supervisor. */
  supervisor: ProcessIdentity;
  startedAt: string;
  /** Whether it has come up; until then the processes are starting. */
  ready: boolean;
  /** The control server on 127.0.0.1. */
  controlPort: number;
  /** Bearer token of the control server; the file is readable by its owner only. */
  token: string;
  /** Folder of the Unix sockets. */
  socketFolder: string;
  /** Processes that must be gone when the instance is; the guardian too. */
  processes: ProcessIdentity[];
}

/** Name of an instance when none is given. */
export const defaultInstance = 'default';

/** `.windtunnel/NAME` of a project. Throws `usage` for a name that is no plain file name. */
export function instanceFolder(projectDir: string, name: string = defaultInstance): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name)) {
    throw new WindtunnelError('usage', `'${name}' cannot be the name of an instance`, {
      next: 'use letters, digits, dots and dashes',
    });
  }
  return join(projectDir, '.windtunnel', name);
}

/** Where files of an instance lie that nobody needs once it has ended. */
export function temporaryFolderOf(folder: string): string {
  return join(folder, 'tmp');
}

/** Names of the instances that a project has, running or left over. */
export function instanceNames(projectDir: string): string[] {
  try {
    return readdirSync(join(projectDir, '.windtunnel')).sort();
  } catch {
    return [];
  }
}

/** Reads `state.json`; undefined when there is none, or no whole one. */
export async function readState(folder: string): Promise<InstanceState | undefined> {
  try {
    return JSON.parse(await readFile(stateFile(folder), 'utf8')) as InstanceState;
  } catch {
    return undefined;
  }
}

/** Writes `state.json` in one step, mode 0600. */
export async function writeState(folder: string, state: InstanceState): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = `${stateFile(folder)}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, stateFile(folder));
}

/** Removes `state.json`: the instance does not run any more. */
export async function removeState(folder: string): Promise<void> {
  await rm(stateFile(folder), { force: true });
}

/** Makes the folder of an instance with empty `logs/`; the logs of the run before become `logs.previous/`. */
export async function prepareFolder(folder: string): Promise<string> {
  const logs = join(folder, 'logs');
  const previous = join(folder, 'logs.previous');
  try {
    await mkdir(folder, { recursive: true });
    await rm(previous, { recursive: true, force: true });
    await rename(logs, previous).catch(() => {});
    await mkdir(logs, { recursive: true });
    await rm(join(folder, 'bootstrap'), { recursive: true, force: true });
    await mkdir(join(folder, 'bootstrap'), { recursive: true });
    await rm(temporaryFolderOf(folder), { recursive: true, force: true });
    await mkdir(temporaryFolderOf(folder));
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  return logs;
}

/** Opens `up.log` of an instance anew, making its folder; returns the file and its descriptor. Throws `io`. */
export function openStartLog(folder: string): { file: string; descriptor: number } {
  const file = join(folder, 'up.log');
  try {
    mkdirSync(folder, { recursive: true });
    return { file, descriptor: openSync(file, 'w', 0o600) };
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** A number that is the same for the same folder: where the search for ports begins. */
export function seedOf(folder: string): number {
  return createHash('sha256').update(folder).digest().readUInt32BE(0);
}

function stateFile(folder: string): string {
  return join(folder, 'state.json');
}

function unwritable(folder: string, cause: unknown): WindtunnelError {
  return new WindtunnelError('io', `${folder} cannot be written: ${(cause as Error).message}`, {
    cause,
    next: 'the state and logs of local instances are kept there; make it writable',
  });
}
