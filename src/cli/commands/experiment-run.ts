import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import type { Experiment } from '../../experiment/language.ts';
import type { ExperimentResult, Verdict } from '../../experiment/result.ts';
import type { RunOptions } from '../../experiment/run-context.ts';
import type { Target } from '../../target/target.ts';
import { instanceFolder } from '../../mesh/instance/state.ts';
import type { Command, CommandInput } from '../command.ts';
import { interruptedStatus } from '../run.ts';
import { showPath } from '../show-path.ts';
import { openTarget, targetName, targetOptions } from './open-target.ts';
import { list, text, wholeNumber } from './options.ts';

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
  mostPositionals: 1,
  summary: 'run an experiment: predicted beside measured, and a verdict',
  usage: 'NAME [--seed N] [--rate N] [--cells NAME=VALUE …] [--out DIR]',
  description: `
Runs on the mesh that is up (windtunnel up, or npm start, in another terminal); where none is, it brings one up for
itself and ends it. Changes policies while it runs, and puts back those of the manifests at the end, on Ctrl-C and on
any error; after a SIGKILL they are back when its lease ends, half a minute later.
The requests come from a process of their own: on a cluster in a pod that is the caller to the mesh, unless the experiment
says that they come from outside. It ends with the run, however that ends.
Writes NAME.html, NAME.json and the schema of the latter.

Exit status: 0 confirmed, 10 refuted, 11 inconclusive, 12 invalid (the run proves nothing), 130 interrupted,
1 an error, 2 a wrong command line.

  windtunnel experiment run retries
  windtunnel experiment run retries --cells retries=2 --cells edge=users.get
  windtunnel experiment run retries --seed 7 --rate 150 --out /tmp/report`,
  options: {
    ...targetOptions,
    name: {
      type: 'string',
      value: 'NAME',
      help: 'the instance, which must be up; default: default, or one of its own',
    },
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

/** How an experiment is to run; see `RunOptions` of the experiment's engine. */
export type Tuning = Pick<RunOptions, 'seed' | 'ratePerSecond' | 'requestsAtMost' | 'cells'>;

/** Runs an experiment on a mesh that is up, prints and writes the report, and resolves to the exit status. */
export async function conductExperiment(
  input: CommandInput,
  target: Target,
  experiment: Experiment,
  tuning: Tuning,
): Promise<number> {
  const { projectDir, progress, signal } = input;
  const [{ runExperiment }, { networkTraffic }] = await Promise.all([
    import('../../experiment/engine.ts'),
    import('../../experiment/traffic.ts'),
  ]);
  const { from } = experiment.load;
  const traffic = networkTraffic({ target, projectDir, from, signal });
  let result: ExperimentResult;
  try {
    result = await runExperiment(experiment, {
      target,
      traffic,
      progress,
      signal,
      runId: randomBytes(4).toString('hex'),
      startedAt: new Date(),
      ...tuning,
    });
  } finally {
    // On this machine it takes no time that anyone would notice.
    if (target.startLoad === undefined) await traffic.close();
    else await progress.step('load pods gone', () => traffic.close());
  }
  await report(input, result);
  return signal.aborted ? interruptedStatus : verdictStatus[result.verdict];
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

/** The mesh that an experiment runs on, and what is to be done when it has run. */
interface Stage {
  target: Target;
  end(): Promise<void>;
}

/** The instance that is up; when none was named and none is up, one of this run's own, which ends with it. */
async function openStage(input: CommandInput): Promise<Stage> {
  const { options, projectDir, progress, signal, env } = input;
  const name = text(options, 'name');
  try {
    const target = await openTarget(input);
    return { target, end: () => target.close() };
  } catch (thrown) {
    const none = thrown instanceof WindtunnelError && thrown.code === 'not-running';
    if (!none || name !== undefined || targetName(options) !== 'local') throw thrown;
  }
  progress.note('  no local mesh is up: one of its own for this run, which ends with it');
  const { startMesh } = await import('../../mesh/mesh.ts');
  const mesh = await startMesh({ projectDir, progress, signal, env });
  const end = (): Promise<void> => progress.step('local mesh down', () => mesh.stop());
  const { localTarget } = await import('../../target/local.ts');
  return { target: localTarget(mesh.control), end };
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
  const folder =
    out === undefined
      ? join(instanceFolder(projectDir, text(options, 'name')), 'reports')
      : resolve(cwd, out);
  const files = await writeReports(result, folder);
  if (!options.json) {
    print(`report: ${showPath(files.html, cwd)}   data: ${showPath(files.json, cwd)}`);
  }
}

async function tuningOf(input: CommandInput, experiment: Experiment): Promise<Tuning> {
  const { options } = input;
  const ratePerSecond = wholeNumber(options, 'rate', 1);
  const requestsAtMost = wholeNumber(options, 'requests-at-most', 1);
  const conditions = list(options, 'cells');
  const { selectCells } = await import('../../experiment/selection.ts');
  return {
    seed: wholeNumber(options, 'seed', 0) ?? 1,
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(requestsAtMost === undefined ? {} : { requestsAtMost }),
    ...(conditions.length === 0 ? {} : { cells: selectCells(experiment, conditions) }),
  };
}

async function run(input: CommandInput): Promise<number> {
  const experiment = await findExperiment(input.positionals[0]);
  // What is wrong with the command line is said before anything starts.
  const tuning = await tuningOf(input, experiment);
  const stage = await openStage(input);
  try {
    return await conductExperiment(input, stage.target, experiment, tuning);
  } finally {
    await stage.end();
  }
}
