import type { RunningMesh } from '../../mesh/mesh.ts';
import { localTarget } from '../../target/local.ts';
import type { Command, CommandInput } from '../command.ts';
import { conductExperiment } from './experiment-run.ts';
import { nameOption, portNumber, text, wholeNumber } from './options.ts';
import { proveAllEdges } from './prove-edges.ts';

/** `windtunnel start`, which is `npm start`: the whole tour in one command. */
export const startCommand: Command = {
  name: 'start',
  summary: 'the tour: shop up, every edge proven, the retry experiment, a report',
  usage: '[--exit]',
  description: `
Brings the shop up on a local mesh, proves every declared call edge with one real call, runs the retry
experiment, prints predicted beside measured, writes an HTML report, and stays up until Ctrl-C.

Exits 0 only if every edge was proven and the experiment confirmed its hypothesis; else 1 for an edge or an error, and
10, 11, 12 or 130 as \`windtunnel experiment run\` does.

  npm start                  stays up until Ctrl-C
  npm start -- --exit        tears down when it is done`,
  options: {
    exit: { type: 'boolean', help: 'tear down when it is done, instead of staying up' },
    name: nameOption,
    port: {
      type: 'string',
      value: 'PORT',
      help: 'port of the ingress gateway; default: a free one',
    },
    seed: { type: 'string', value: 'N', help: 'seed of the arrivals; default: 1' },
  },
  run: async (input) => {
    const { options, projectDir, progress, signal, env } = input;
    const name = text(options, 'name');
    const entryPort = portNumber(options, 'port');
    const seed = wholeNumber(options, 'seed', 0) ?? 1;
    // Loaded here, so that other commands start without the mesh's and the load's libraries.
    const { startMesh } = await import('../../mesh/mesh.ts');
    const mesh = await startMesh({
      projectDir,
      ...(name === undefined ? {} : { name }),
      ...(entryPort === undefined ? {} : { entryPort }),
      progress,
      signal,
      env,
    });
    try {
      const status = await tour(input, mesh, seed);
      // Whoever interrupted the tour waits for its end, not for addresses.
      if (!options.exit && !signal.aborted) {
        await tellAddresses(input, mesh);
        await untilEnd(input, mesh);
      }
      return status;
    } finally {
      await progress.step('shop down', () => mesh.stop());
    }
  },
};

/** Proves the edges, then runs the experiment; resolves to the exit status. */
async function tour(input: CommandInput, mesh: RunningMesh, seed: number): Promise<number> {
  if (!(await proveAllEdges(input, localTarget(mesh.control)))) {
    const missing = 'not every declared edge is proven (above, with reasons): no experiment is run';
    input.progress.note(`  ✗ ${missing}`);
    return 1;
  }
  const { retries } = await import('../../../experiments/retries.ts');
  input.print('');
  return conductExperiment(input, localTarget(mesh.control), retries, { seed });
}

async function tellAddresses(input: CommandInput, mesh: RunningMesh): Promise<void> {
  const { entry, name } = await mesh.control.status();
  const { print } = input;
  const instance = name === 'default' ? '' : ` --name ${name}`;
  print('');
  if (entry !== null) tellRequests(print, `http://${entry.address}:${entry.port}`);
  print(entry === null ? 'try in another terminal' : 'and in another terminal');
  print(`  npx windtunnel status${instance}`);
  print(`  npx windtunnel call users.get --id 123${instance}`);
  print('  edit a file under manifests/: the mesh enforces it at once');
  print('Ctrl-C ends it');
}

/** What to ask of the shop at an address, to be copied. */
export function tellRequests(print: CommandInput['print'], shop: string): void {
  print(`the shop is at ${shop}; try`);
  print(`  curl ${shop}/users/123`);
  print(`  curl ${shop}/orders --json '{"userId":"123","items":[{"sku":"book","quantity":1}]}'`);
  print(`  curl --no-buffer ${shop}/stock/book/events`);
}

function untilEnd({ signal }: CommandInput, mesh: RunningMesh): Promise<void> {
  const interrupted = new Promise<void>((done) => {
    signal.addEventListener('abort', () => done(), { once: true });
  });
  return Promise.race([interrupted, mesh.ended]);
}
