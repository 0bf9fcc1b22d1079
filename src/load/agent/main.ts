/*
 * Makes the requests of an experiment, in a process of its own: nothing else that the CLI does holds them up, and on a
 * cluster it runs beside the sidecar that they go through. Commands come as JSON lines on standard input, answers go out
 * as JSON lines on standard output: see protocol.ts. It ends when its standard input does, however that comes about.
 *
 * usage: node main.ts [--lifetime-s N] [--silence-s N] [--keeper PID]
 *   --lifetime-s  it ends after that long, whatever happens; default: a day
 *   --silence-s   it ends when nothing came for that long; default: never
 *   --keeper      a process that is told by SIGUSR2 that the agent lives, and by SIGTERM that it has ended
 */
import { parseArgs } from 'node:util';
import { createLineReader } from './lines.ts';
import { openSender } from './open-sender.ts';
import { type Answer, maxLineBytes, protocolVersion } from './protocol.ts';
import { createAgentService } from './serve.ts';

const { values } = parseArgs({
  options: {
    'lifetime-s': { type: 'string', default: '86400' },
    'silence-s': { type: 'string' },
    keeper: { type: 'string' },
  },
});

const toldKeeperMs = 15_000;
/** What was asked for may take a moment to close; nobody waits for it any more. */
const closeMs = 500;

function tellKeeper(signal: NodeJS.Signals): void {
  if (values.keeper === undefined) return;
  try {
    process.kill(Number(values.keeper), signal);
  } catch {
    // It has ended.
  }
}

let ending = false;
function end(status: number): void {
  if (ending) return;
  ending = true;
  const leave = (): void => {
    tellKeeper('SIGTERM');
    process.exit(status);
  };
  setTimeout(leave, closeMs);
  service.close().then(leave, leave);
}

const answer = (line: Answer): void => {
  // A load that ends because the agent does has no result.
  if (!ending) process.stdout.write(`${JSON.stringify(line)}\n`);
};
const service = createAgentService({ answer, openSender });

// Ctrl-C in the terminal reaches the CLI, which ends us when it has reverted.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => end(0));
process.on('SIGHUP', () => end(0));
process.stdout.on('error', () => end(1));
setTimeout(() => end(1), Number(values['lifetime-s']) * 1000);

const silenceMs = Number(values['silence-s'] ?? Number.POSITIVE_INFINITY) * 1000;
let heardMs = performance.now();
if (Number.isFinite(silenceMs)) {
  setInterval(() => {
    if (performance.now() - heardMs > silenceMs) end(1);
  }, silenceMs / 4);
}
tellKeeper('SIGUSR2');
setInterval(() => tellKeeper('SIGUSR2'), toldKeeperMs);

const receive = createLineReader(
  (line) => service.receive(line),
  maxLineBytes,
  () =>
    answer({
      id: null,
      error: { code: 'usage', message: `a line of more than ${maxLineBytes} bytes` },
    }),
);
process.stdin.on('data', (chunk: Buffer) => {
  heardMs = performance.now();
  receive(chunk);
});
process.stdin.on('end', () => end(0));
process.stdin.on('error', () => end(0));
answer({ hello: { protocol: protocolVersion, node: process.version } });
