import { WindtunnelError } from '../../errors.ts';
import { ownersOfExperiment, passingOwners } from '../../experiment/owners.ts';
import type { Target } from '../../target/target.ts';
import type { Command, CommandInput } from '../command.ts';
import { changeLines } from './apply.ts';
import { openTarget, targetName, targetOptions } from './open-target.ts';
import { nameOption, text } from './options.ts';

/** `windtunnel experiment revert`. */
export const experimentRevertCommand: Command = {
  name: 'experiment revert',
  mostPositionals: 1,
  summary: 'take away what experiments changed and left behind',
  usage: 'NAME | --all [--target TARGET]',
  description: `
An experiment reverts what it changed when it ends, also on Ctrl-C; when it is killed, its lease ends half a minute later,
and the mesh (on a cluster: the reaper, addons/reaper.yaml) reverts it. This does it now, whoever is still running one.
Policies are put back as they stood; faults are deleted. Nothing to do is success. --all also takes away what
windtunnel prove --matrix opened, if it was killed meanwhile.

  windtunnel experiment revert retries
  windtunnel experiment revert --all --target kind`,
  options: {
    all: { type: 'boolean', help: 'of every experiment, and of prove --matrix' },
    ...targetOptions,
    name: nameOption,
  },
  run,
};

async function run(input: CommandInput): Promise<number> {
  const name = input.positionals[0];
  const all = input.options.all === true;
  if ((name === undefined) !== all) {
    throw new WindtunnelError('usage', all ? `${name} or --all?` : 'which experiment?', {
      next: 'windtunnel experiment revert NAME, or windtunnel experiment revert --all',
    });
  }
  const target = await openOrNone(input);
  if (target === undefined) {
    input.print('no local mesh is up, and what is applied to one ends with it: nothing to revert');
    return 0;
  }
  try {
    return await revertOwners(input, target, name);
  } finally {
    await target.close();
  }
}

/** The target; undefined when it is the local mesh, which isn't up. */
async function openOrNone(input: CommandInput): Promise<Target | undefined> {
  try {
    return await openTarget(input);
  } catch (thrown) {
    const isDown = thrown instanceof WindtunnelError && thrown.code === 'not-running';
    if (isDown && targetName(input.options) === 'local' && !text(input.options, 'name')) {
      return undefined;
    }
    throw thrown;
  }
}

async function revertOwners(
  { print, progress }: CommandInput,
  target: Target,
  name: string | undefined,
): Promise<number> {
  const standing = passingOwners(await target.owners());
  let owners = standing;
  if (name !== undefined) {
    const { experiments } = await import('../../../experiments/catalogue.ts');
    const known = experiments.map((experiment) => experiment.name);
    owners = ownersOfExperiment(standing, name, known);
    if (owners.length === 0 && !known.includes(name)) {
      throw new WindtunnelError('usage', `there is no experiment '${name}'`, {
        next: `one of: ${known.join(', ')}`,
      });
    }
  }
  if (owners.length === 0) {
    print(
      `nothing to revert: ${name === undefined ? 'nothing is left' : `${name} has left nothing`}`,
    );
    return 0;
  }
  for (const owner of owners) {
    const report = await progress.step(`${owner} reverted`, () => target.revert(owner));
    print(`${owner}:`);
    for (const line of changeLines(report)) print(`  ${line}`);
  }
  return 0;
}
