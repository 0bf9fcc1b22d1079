import { WindtunnelError } from '../../errors.ts';
import { connectInstance } from '../../mesh/control/client.ts';
import { localTarget } from '../../target/local.ts';
import { type Target, type TargetName, targetNames } from '../../target/target.ts';
import type { CommandInput, OptionSpec } from '../command.ts';
import { text } from './options.ts';

/** `--target`: where the system runs. */
const targetOption: OptionSpec = {
  type: 'string',
  value: 'TARGET',
  help: 'local (default), kind, or current: the cluster of the current kubeconfig context',
};

/** `--cluster`: which kind cluster. */
export const clusterOption: OptionSpec = {
  type: 'string',
  value: 'NAME',
  help: "for --target kind: name of the cluster; default: kind-config.yaml's",
};

/** `--context`: which cluster of the kubeconfig. */
export const contextOption: OptionSpec = {
  type: 'string',
  value: 'NAME',
  help: 'for --target current: context of the kubeconfig; default: the current one',
};

/** The options that {@link openTarget} reads beside `--name`. */
export const targetOptions = {
  target: targetOption,
  cluster: clusterOption,
  context: contextOption,
};

/** What `--target` says, or `absent`. Throws `usage` for anything that is no target, and for options of another one. */
export function targetName(
  options: CommandInput['options'],
  absent: TargetName = 'local',
): TargetName {
  const given = text(options, 'target') ?? absent;
  const known = targetNames.find((name) => name === given);
  if (known !== undefined) {
    checkOptions(options, known);
    return known;
  }
  throw new WindtunnelError('usage', `--target ${given}: there is no such target`, {
    next: `one of: ${targetNames.join(', ')}`,
  });
}

/** Opens the target that the command line names; it must be up. The caller closes it. Throws `usage` for options of another one. */
export async function openTarget(input: CommandInput): Promise<Target> {
  const { options, projectDir, env, signal, progress } = input;
  const name = targetName(options);
  if (name === 'local') {
    return localTarget(await connectInstance(projectDir, text(options, 'name')));
  }
  // Loaded here, so that other commands start without the Kubernetes client.
  const [{ openClusterTarget }, { topology }] = await Promise.all([
    import('../../cluster/target/open.ts'),
    import('../../../services/topology.ts'),
  ]);
  const place =
    name === 'kind'
      ? { name, cluster: text(options, 'cluster') }
      : { name, context: text(options, 'context') };
  const note = (text: string): void => progress.note(text);
  return openClusterTarget({ place, topology, projectDir, env, signal, note });
}

/** An option that the target has no use for is a mistake: whoever gives it means another target. */
function checkOptions(options: CommandInput['options'], target: TargetName): void {
  const uses: Record<string, TargetName> = { name: 'local', cluster: 'kind', context: 'current' };
  for (const [option, of] of Object.entries(uses)) {
    if (text(options, option) === undefined || of === target) continue;
    throw new WindtunnelError('usage', `--${option} is for --target ${of}, not ${target}`, {
      next: `leave it out, or add --target ${of}`,
    });
  }
}
