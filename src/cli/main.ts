#!/usr/bin/env node
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands } from './commands.ts';
import { createProgress } from '../progress.ts';
import { interruptedStatus, runCli } from './run.ts';

const abort = new AbortController();
const cleanUpLimitMs = 60_000;
let firstInterruptMs: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    const nowMs = performance.now();
    // The first asks for an orderly end; whoever asks again does not want to wait for it. npm passes
    // on the Ctrl-C that the terminal has sent already, so one that follows at once is the same one.
    if (firstInterruptMs !== undefined) {
      if (nowMs - firstInterruptMs > 500) process.exit(interruptedStatus);
      return;
    }
    firstInterruptMs = nowMs;
    process.stderr.write(`\n${signal}: stopping and cleaning up; once more to stop at once\n`);
    abort.abort(signal);
    // Nothing that hangs may keep us: the guardian ends what we leave.
    setTimeout(() => {
      process.stderr.write(`not done after ${cleanUpLimitMs / 1000} s: stopping at once\n`);
      process.exit(interruptedStatus);
    }, cleanUpLimitMs).unref();
  });
}
// A reader that goes away (`windtunnel status | head -1`) or a terminal that is closed is no error of ours, and no end
// either: what is under way goes on unseen, and the exit status stays true.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}

process.exitCode = await runCli(process.argv.slice(2), commands, {
  projectDir: dirname(dirname(dirname(fileURLToPath(import.meta.url)))),
  cwd: process.env.INIT_CWD ?? process.cwd(),
  env: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  printError: (line) => void process.stderr.write(`${line}\n`),
  progress: createProgress({
    write: (text) => void process.stderr.write(text),
    nowMs: () => performance.now(),
    interactive: process.stderr.isTTY && !process.env.CI,
  }),
  signal: abort.signal,
});
