import { WindtunnelError } from '../../errors.ts';
import { connectInstance } from '../../mesh/control/client.ts';
import { localTarget } from '../../target/local.ts';
import { type Target, type TargetName, targetNames } from '../../target/target.ts';
import type { CommandInput, OptionSpec } from '../command.ts';
import { text } from './options.ts';

/** `--target`: where the system runs. */
export const targetOption: OptionSpec = {
  type: 'string',
  value: 'TARGET',
  help: 'local (default), kind, or current: the cluster of the current kubeconfig context',
};

/** What `--target` says. Throws `usage` for anything that is no target. */
export function targetName(options: CommandInput['options']): TargetName {
  const given = text(options, 'target') ?? 'local';
  const known = targetNames.find((name) => name === given);
  if (known !== undefined) return known;
  throw new WindtunnelError('usage', `--target ${given}: there is no such target`, {
    next: `one of: ${targetNames.join(', ')}`,
  });
}

/** Opens the target that the command line names; it must be up. The caller closes it. */
export async function openTarget(input: CommandInput): Promise<Target> {
  const { options, projectDir } = input;
  const name = targetName(options);
  if (name === 'local') {
    return localTarget(await connectInstance(projectDir, text(options, 'name')));
  }
  throw new WindtunnelError('unsupported', `--target ${name} is not here yet`);
}
