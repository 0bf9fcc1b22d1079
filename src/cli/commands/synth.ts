import { resolve } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import { formatChange } from '../../synth/diff.ts';
import { compareFolder, writeFolder } from '../../synth/files.ts';
import { showPath } from '../show-path.ts';
import type { Command, CommandInput } from '../command.ts';

/** `windtunnel synth`: what `cdk8s synth` does, and the check that CI runs. */
export const synthCommand: Command = {
  name: 'synth',
  summary: 'write manifests/ from the topology, or check that it is fresh',
  usage: '[--check] [--out DIR]',
  description: [
    'Writes the Kubernetes and Istio manifests of the declared topology (services/topology.ts, charts/, istio/).',
    'The same topology gives the same bytes. Manifests that their schemas or the analysis refuse are not written.',
    '',
    'windtunnel synth            writes manifests/',
    'windtunnel synth --check    exits 1 and shows what differs when manifests/ is stale',
  ].join('\n'),
  options: {
    check: { type: 'boolean', help: 'write nothing; exit 1 when a file is stale' },
    out: {
      type: 'string',
      value: 'DIR',
      help: 'the folder to write or check (default: manifests)',
    },
  },
  async run(input) {
    const folder = folderOf(input);
    const shown = showPath(folder, input.cwd);
    // cdk8s and the schemas take a tenth of a second to load: only this command pays for it.
    const [{ renderManifests }, { checkManifests }, { topology }] = await Promise.all([
      import('../../../charts/app.ts'),
      import('../../synth/check.ts'),
      import('../../../services/topology.ts'),
    ]);
    const files = renderManifests(topology);
    await checkManifests(files);
    if (input.options.check !== true) {
      const changes = await writeFolder(folder, files);
      for (const change of changes) input.print(`${change.file}: ${verbs[change.type]}`);
      input.print(`${files.size} files in ${shown}, ${changes.length} changed`);
      return 0;
    }
    const stale = await compareFolder(folder, files);
    if (stale.length === 0) {
      input.print(`${shown} is fresh: ${files.size} files`);
      return 0;
    }
    throw new WindtunnelError(
      'stale-manifests',
      `${shown} is stale:\n${stale.map((change) => formatChange(shown, change)).join('\n')}`,
      { next: 'Run `npm run synth` and commit what it writes.' },
    );
  },
};

const verbs = { missing: 'written', differs: 'rewritten', extra: 'removed' } as const;

function folderOf(input: CommandInput): string {
  const { out } = input.options;
  return typeof out === 'string' ? resolve(input.cwd, out) : resolve(input.projectDir, 'manifests');
}
