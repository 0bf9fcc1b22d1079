import { resolve } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import { loadResources } from '../../manifests/load.ts';
import { connectInstance } from '../../mesh/control/client.ts';
import type { MeshControl } from '../../mesh/control/control.ts';
import type { ResourceName } from '../../target/target.ts';
import type { Command, CommandInput } from '../command.ts';
import { changeLines, userOwner } from './apply.ts';
import { list, manifestsOption, nameOption, text } from './options.ts';

/** `windtunnel delete`. */
export const deleteCommand: Command = {
  name: 'delete',
  mostPositionals: 2,
  summary: 'take resources away from a running local mesh',
  usage: '-f FILE … | KIND NAME',
  description: `
As kubectl delete: applied resources and those of the manifests alike, until the mesh ends or they are applied again.
It returns when every sidecar enforces what is left.

  windtunnel delete -f policy.yaml
  windtunnel delete authorizationpolicy users --namespace shop`,
  options: {
    file: manifestsOption(),
    namespace: {
      type: 'string',
      short: 'n',
      value: 'NAMESPACE',
      help: 'where KIND NAME is; needed when it is in several',
    },
    name: nameOption,
  },
  run,
};

async function named(control: MeshControl, input: CommandInput): Promise<ResourceName[]> {
  const [kind = '', name = ''] = input.positionals;
  const namespace = text(input.options, 'namespace');
  const found = (await control.resources()).filter(
    (resource) =>
      resource.kind.toLowerCase() === kind.toLowerCase().replace(/s$/, '') ||
      resource.kind.toLowerCase() === kind.toLowerCase(),
  );
  const chosen = found.filter(
    ({ metadata }) =>
      metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
  );
  if (chosen.length === 1) return chosen;
  const known = found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ');
  throw new WindtunnelError(
    'unknown-reference',
    chosen.length === 0
      ? `there is no ${kind} ${name}; there are ${known || 'none of that kind'}`
      : `${kind} ${name} is in several namespaces: ${known}`,
    chosen.length === 0 ? {} : { next: 'add --namespace NAMESPACE' },
  );
}

async function run(input: CommandInput): Promise<number> {
  const { options, positionals, projectDir, cwd, print } = input;
  const files = list(options, 'file').map((path) => resolve(cwd, path));
  if (files.length === 0 && positionals.length !== 2) {
    throw new WindtunnelError('usage', 'what shall be deleted?', {
      next: 'windtunnel delete -f FILE, or windtunnel delete KIND NAME',
    });
  }
  const control = await connectInstance(projectDir, text(options, 'name'));
  const names = files.length > 0 ? await loadResources(files) : await named(control, input);
  const report = await control.remove(userOwner, names);
  for (const line of changeLines(report)) print(line);
  return Object.values(report.actions ?? {}).includes('not found') ? 1 : 0;
}
