import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startTimeOf } from './identity.ts';

/** Our end of the guardian process: told of every process that must not outlive us. */
export interface Guard {
  pid: number;
  add(pid: number): void;
  remove(pid: number): void;
  /** Lets the guardian end; call it when nothing is left to guard. */
  close(): Promise<void>;
}

/**
 * Starts the guardian of an instance.
 *
 * @param toRemove paths that it removes at the end, e.g. the folder of sockets
 */
export function startGuard(folder: string, toRemove: string[]): Guard {
  const script = fileURLToPath(new URL('./guardian.ts', import.meta.url));
  const children = new Set<number>();
  let closing = false;
  let restarts = 0;

  const send = (child: ChildProcess, line: string): void => void child.stdin?.write(`${line}\n`);
  const announce = (pid: number): void => {
    const startTime = startTimeOf(pid);
    if (startTime !== undefined) send(guardian, `+${pid} ${startTime}`);
  };
  const start = (): ChildProcess => {
    const child = spawn(process.execPath, [script, folder, ...toRemove], {
      // A session of its own: signals to our terminal's group do not reach it.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env.PATH ?? '' },
    });
    child.stdin?.on('error', () => {});
    child.on('error', () => {});
    child.on('exit', () => {
      if (closing || restarts >= 5) return;
      restarts++;
      guardian = start();
      for (const pid of children) announce(pid);
    });
    child.unref();
    return child;
  };
  let guardian = start();

  return {
    get pid() {
      return guardian.pid ?? 0;
    },
    add: (pid) => {
      children.add(pid);
      announce(pid);
    },
    remove: (pid) => {
      children.delete(pid);
      send(guardian, `-${pid}`);
    },
    close: async () => {
      closing = true;
      if (guardian.exitCode !== null || guardian.signalCode !== null) return;
      const ended = new Promise((resolve) => guardian.once('exit', resolve));
      guardian.ref();
      guardian.stdin?.end();
      await ended;
    },
  };
}
