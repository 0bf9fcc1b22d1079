import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { projectDir } from './run-cli.ts';

/** A service of the shop that runs as a process of its own. */
export interface StartedService {
  /** `host:port`. */
  address: string;
  child: ChildProcess;
  /** Its standard output so far. */
  lines: string[];
}

/** How {@link startService} runs it. */
export interface StartServiceOptions {
  /** All of its environment. */
  env: Record<string, string>;
  /** Told of the process at once, so that it is ended whatever becomes of the start. */
  onStart: (child: ChildProcess) => void;
}

/** Runs services/NAME/main.ts; resolves when it has logged its port, rejects when it ends before. */
export async function startService(
  name: string,
  { env, onStart }: StartServiceOptions,
): Promise<StartedService> {
  const child = spawn(process.execPath, [`services/${name}/main.ts`], {
    cwd: projectDir,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onStart(child);
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => lines.push(line));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended`)));
  ended.catch(() => undefined);
  const [line] = (await Promise.race([once(output, 'line'), ended])) as [string];
  return { address: `127.0.0.1:${JSON.parse(line).port}`, child, lines };
}
