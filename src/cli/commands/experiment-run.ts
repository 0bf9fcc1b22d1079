import { randomBytes } from 'node:crypto';
import { join, relative, resolve } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import type { Experiment } from '../../experiment/language.ts';
import type { ExperimentResult, Verdict } from '../../experiment/result.ts';
import type { Target } from '../../target/target.ts';
import type { Command, CommandInput } from '../command.ts';
import { interruptedStatus } from '../run.ts';
import { list, text } from './options.ts';

/** Exit status by verdict: apart from each other and from 1 (an error) and 2 (a wrong command line), so that CI can tell. */
const verdictStatus: Record<Verdict, number> = {
  confirmed: 0,
  refuted: 10,
  inconclusive: 11,
  invalid: 12,
};

/** `windtunnel experiment run`. */
export const experimentRunCommand: Command = {
  name: 'experiment run',
  summary: 'run an experiment on the mesh that is up: predicted beside measured, and a verdict',
  usage: 'NAME [--seed N] [--rate N] [--cells NAME=VALUE …] [--out DIR]',
  description: `
Needs a mesh: windtunnel up (or npm start) in another terminal. Changes policies while it runs, and puts back
those of the manifests at the end, on Ctrl-C and on any error; after a SIGKILL the next run does.
Writes NAME.html, NAME.json and the schema of the latter.

Exit status: 0 confirmed, 10 refuted, 11 inconclusive, 12 invalid (the run proves nothing), 130 interrupted,
1 an error, 2 a wrong command line.

  windtunnel experiment run retries
  windtunnel experiment run retries --cells retries=2 --cells edge=users.get
  windtunnel experiment run retries --seed 7 --rate 150 --out /tmp/report`,
  options: {
    target: { type: 'string', value: 'TARGET', help: 'where it runs; default: local' },
    name: { type: 'string', value: 'NAME', help: 'the instance; default: default' },
    seed: { type: 'string', value: 'N', help: 'seed of the arrivals; default: 1' },
    rate: {
      type: 'string',
      value: 'N',
      help: "requests per second on each edge; default: the experiment's",
    },
    cells: {
      type: 'string',
      multiple: true,
      value: 'NAME=VALUE[,VALUE…]',
      help: 'only cells with these levels of a factor, or whose edge contains VALUE; all that are given must hold',
    },
    'requests-at-most': {
      type: 'string',
      value: 'N',
      help: 'bound of a cell: quicker, and inconclusive where the margin needs more',
    },
    out: {
      type: 'string',
      value: 'DIR',
      help: 'folder for the reports; default: .windtunnel/NAME/reports',
    },
    json: { type: 'boolean', help: 'print the result as JSON instead of the table' },
  },
  run,
};

function wholeNumber(
  options: CommandInput['options'],
  name: string,
  least: number,
): number | undefined {
  const value = text(options, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new WindtunnelError('usage', `--${name} ${value} is not a whole number from ${least} on`);
}

async function findExperiment(name: string | undefined): Promise<Experiment> {
  const { experiments } = await import('../../../experiments/catalogue.ts');
  const found = experiments.find((experiment) => experiment.name === name);
  if (found !== undefined) return found;
  const known = experiments.map((experiment) => experiment.name).join(', ');
  throw new WindtunnelError(
    'usage',
    name === undefined ? 'which experiment?' : `there is no experiment '${name}'`,
    { next: `one of: ${known}` },
  );
}

async function openTarget(input: CommandInput): Promise<Target> {
  const { options, projectDir } = input;
  const target = text(options, 'target') ?? 'local';
  if (target !== 'local') {
    throw new WindtunnelError(
      'usage',
      `--target ${target}: experiments run on 'local' only so far`,
    );
  }
  const [{ connectInstance }, { localTarget }] = await Promise.all([
    import('../../mesh/client.ts'),
    import('../../target/local.ts'),
  ]);
  return localTarget(await connectInstance(projectDir, text(options, 'name')));
}

async function report(input: CommandInput, result: ExperimentResult): Promise<void> {
  const { options, print, cwd, projectDir } = input;
  const [{ renderTable }, { writeReports }] = await Promise.all([
    import('../../report/table.ts'),
    import('../../report/write.ts'),
  ]);
  if (options.json) print(JSON.stringify(result, null, 2));
  else print(renderTable(result));
  const out = text(options, 'out');
  const instance = text(options, 'name') ?? 'default';
  const folder =
    out === undefined ? join(projectDir, '.windtunnel', instance, 'reports') : resolve(cwd, out);
  const files = await writeReports(result, folder);
  const show = (file: string): string => relative(cwd, file) || file;
  if (!options.json) print(`report: ${show(files.html)}   data: ${show(files.json)}`);
}

async function run(input: CommandInput): Promise<number> {
  const { options, positionals, projectDir, progress, signal } = input;
  const experiment = await findExperiment(positionals[0]);
  const seed = wholeNumber(options, 'seed', 0) ?? 1;
  const ratePerSecond = wholeNumber(options, 'rate', 1);
  const requestsAtMost = wholeNumber(options, 'requests-at-most', 1);
  const [{ runExperiment }, { networkTraffic }, { selectCells }] = await Promise.all([
    import('../../experiment/engine.ts'),
    import('../../experiment/traffic.ts'),
    import('../../experiment/selection.ts'),
  ]);
  const conditions = list(options, 'cells');
  const result = await runExperiment(experiment, {
    target: await openTarget(input),
    traffic: networkTraffic(projectDir),
    progress,
    signal,
    seed,
    runId: randomBytes(4).toString('hex'),
    startedAt: new Date(),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(requestsAtMost === undefined ? {} : { requestsAtMost }),
    ...(conditions.length === 0 ? {} : { cells: selectCells(experiment, conditions) }),
  });
  await report(input, result);
  return signal.aborted ? interruptedStatus : verdictStatus[result.verdict];
}
