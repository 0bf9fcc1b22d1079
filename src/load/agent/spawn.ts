import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AgentLink } from './link.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
const graceMs = 1000;
const maxStderr = 4096;

/** Starts the load agent as a process of this machine. It ends with its standard input: also when this process is killed. */
export function spawnAgent(args: readonly string[] = []): AgentLink {
  const child = spawn(process.execPath, [program, ...args], {
    // A group of its own: Ctrl-C in the terminal reaches only us, who still need it for the revert.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '' },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-maxStderr);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      const how = signal === null ? `exit ${code}` : `signal ${signal}`;
      resolve(stderr === '' ? how : `${how}: ${stderr.trim()}`);
    });
  });
  return {
    where: 'this machine',
    input: child.stdin,
    output: child.stdout,
    ended,
    async close() {
      child.stdin.end();
      const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(killer);
    },
  };
}
