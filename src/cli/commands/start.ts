import { randomBytes } from 'node:crypto';
import { join, relative } from 'node:path';
import { type EdgeProof, proveEdges } from '../../call/prove.ts';
import { WindtunnelError } from '../../errors.ts';
import type { RunningMesh } from '../../mesh/mesh.ts';
import type { Command, CommandInput } from '../command.ts';
import { portNumber, text } from './options.ts';

/** `windtunnel start`, which is `npm start`: the whole tour in one command. */
export const startCommand: Command = {
  name: 'start',
  summary: 'the tour: shop up, every edge proven, the retry experiment, a report',
  usage: '[--exit]',
  description: `
Brings the shop up on a local mesh, proves every declared call edge with one real call, runs the retry
experiment, prints predicted beside measured, writes an HTML report, and stays up until Ctrl-C.

Exits 0 only if every edge was proven and the experiment confirmed its hypothesis.

  npm start                  stays up until Ctrl-C
  npm start -- --exit        tears down when it is done`,
  options: {
    exit: { type: 'boolean', help: 'tear down when it is done, instead of staying up' },
    name: { type: 'string', value: 'NAME', help: 'name of the instance; default: default' },
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
      const proven = await prove(input, mesh);
      const confirmed = proven && (await experiment(input, mesh));
      await tellAddresses(input, mesh);
      if (!options.exit && !signal.aborted) await untilEnd(input, mesh);
      return proven && confirmed ? 0 : 1;
    } finally {
      await progress.step('shop down', () => mesh.stop());
    }
  },
};

async function prove(input: CommandInput, mesh: RunningMesh): Promise<boolean> {
  const { projectDir, progress, signal, print } = input;
  const { topology } = await import('../../../services/topology.ts');
  const proofs = await progress.step('one real call over every declared edge', async (step) => {
    const found = await proveEdges({
      topology,
      control: mesh.control,
      projectDir,
      signal,
      onCall: (edge) => step.update(edge),
    });
    const count = found.filter(({ proven }) => proven).length;
    step.update(`${count} of ${found.length} proven`);
    return found;
  });
  for (const line of proofLines(proofs)) print(line);
  return proofs.every(({ proven }) => proven);
}

function proofLines(proofs: EdgeProof[]): string[] {
  const width = Math.max(...proofs.map(({ edge }) => edge.length));
  return proofs.map(({ edge, proven, status, durationMs, problems }) => {
    const row = `  ${proven ? '✓' : '✗'} ${edge.padEnd(width)}  ${status.padEnd(8)} ${durationMs.toFixed(0).padStart(5)} ms`;
    return problems.length === 0 ? row : `${row}  ${problems.join('; ')}`;
  });
}

async function experiment(input: CommandInput, mesh: RunningMesh): Promise<boolean> {
  const { options, projectDir, progress, signal, print } = input;
  const [{ retries }, { runExperiment }, { networkTraffic }, { localTarget }, reports, tables] =
    await Promise.all([
      import('../../../experiments/retries.ts'),
      import('../../experiment/engine.ts'),
      import('../../experiment/traffic.ts'),
      import('../../target/local.ts'),
      import('../../report/write.ts'),
      import('../../report/table.ts'),
    ]);
  const seed = Number(text(options, 'seed') ?? 1);
  if (!Number.isSafeInteger(seed)) {
    throw new WindtunnelError('usage', `--seed ${text(options, 'seed')} is not a whole number`);
  }
  const result = await runExperiment(retries, {
    target: localTarget(mesh.control),
    traffic: networkTraffic(projectDir),
    progress,
    signal,
    seed,
    runId: randomBytes(4).toString('hex'),
    startedAt: new Date(),
  });
  print('');
  print(tables.renderTable(result));
  const files = await reports.writeReports(result, join(mesh.folder, 'reports'));
  print(`report: ${relative(input.cwd, files.html)}   data: ${relative(input.cwd, files.json)}`);
  return result.verdict === 'confirmed';
}

async function tellAddresses(input: CommandInput, mesh: RunningMesh): Promise<void> {
  const { entry, name } = await mesh.control.status();
  const { print } = input;
  const instance = name === 'default' ? '' : ` --name ${name}`;
  if (input.options.exit || input.signal.aborted) return;
  print('');
  if (entry !== null) {
    const shop = `http://${entry.address}:${entry.port}`;
    print(`the shop is at ${shop}; try`);
    print(`  curl ${shop}/users/123`);
    print(`  curl ${shop}/orders --json '{"userId":"123","items":[{"sku":"book","quantity":1}]}'`);
    print(`  curl --no-buffer ${shop}/stock/book/events`);
  }
  print('and in another terminal');
  print(`  npx windtunnel status${instance}`);
  print(`  npx windtunnel call users.get --id 123${instance}`);
  print('  edit a file under manifests/: the mesh enforces it at once');
  print('Ctrl-C ends it');
}

function untilEnd({ signal }: CommandInput, mesh: RunningMesh): Promise<void> {
  const interrupted = new Promise<void>((done) => {
    signal.addEventListener('abort', () => done(), { once: true });
  });
  return Promise.race([interrupted, mesh.ended]);
}
