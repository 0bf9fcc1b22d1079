import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same id. */
export interface ProcessIdentity {
  pid: number;
  /** As the system gives it; only compared for equality. */
  startTime: string;
}

/** The variable that every process of an instance carries: its instance's folder. */
export const instanceVariable = 'WINDTUNNEL_INSTANCE';

/** When the process began, undefined when there is none. Linux: ticks since boot (proc_pid_stat(5), field 22); else by ps. */
export function startTimeOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') {
      const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
      return text.trim() || undefined;
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Whether exactly this process runs. */
export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  return startTimeOf(pid) === startTime;
}

/** Sends a signal to a process and the group it leads; a process that is gone is no error. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
    } catch {
      // It ended meanwhile, or leads no group.
    }
  }
}

/** Processes of this user that carry {@link instanceVariable} for `folder`; only Linux can tell. */
export function markedProcesses(folder: string): ProcessIdentity[] {
  if (process.platform !== 'linux') return [];
  const marker = `${instanceVariable}=${folder}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const pid = Number(name);
      const startTime = carries(pid, marker) ? startTimeOf(pid) : undefined;
      return startTime === undefined ? [] : [{ pid, startTime }];
    });
}

function carries(pid: number, marker: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(marker);
  } catch {
    return false;
  }
}
