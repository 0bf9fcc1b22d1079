import { resolve } from 'node:path';
import { WindtunnelError } from '../../errors.ts';
import { formatChange } from '../../synth/diff.ts';
import { compareFolder, writeFolder } from '../../synth/files.ts';
import { showPath } from '../show-path.ts';
import type { Command, CommandInput } from '../command.ts';
import { text } from './options.ts';

/** `windtunnel synth`: what `cdk8s synth` does, and the check that CI runs. */
export const synthCommand: Command = {
  name: 'synth',
  summary: 'write manifests/ and addons/ from the topology, or check that they are fresh',
  usage: '[--check] [--out DIR]',
  description: [
    'Writes the Kubernetes and Istio manifests of the declared topology (services/topology.ts, charts/, istio/):',
    'those of the system into manifests/, what runs beside it (the reaper, observability) into addons/.',
    'The same topology gives the same bytes. Manifests that their schemas or the analysis refuse are not written.',
    '',
    'windtunnel synth            writes manifests/ and addons/',
    'windtunnel synth --check    exits 1 and shows what differs when one of them is stale',
  ].join('\n'),
  options: {
    check: { type: 'boolean', help: 'write nothing; exit 1 when a file is stale' },
    out: {
      type: 'string',
      value: 'DIR',
      help: 'write or check only the manifests of the system, in this folder (default: both, in manifests and addons)',
    },
  },
  async run(input) {
    const folders = await renderFolders(input);
    // Its schemas are no part of the image of the CLI, which has nothing to write to.
    const { checkManifests } = await import('../../synth/check.ts');
    for (const { files } of folders) await checkManifests(files);
    return input.options.check === true
      ? checkFolders(input, folders)
      : writeFolders(input, folders);
  },
};

const verbs = { missing: 'written', differs: 'rewritten', extra: 'removed' } as const;

/** A folder, and what belongs into it: path in it → YAML. */
interface Rendered {
  folder: string;
  files: ReadonlyMap<string, string>;
}

async function renderFolders(input: CommandInput): Promise<Rendered[]> {
  // cdk8s takes a tenth of a second to load: only this command pays for it.
  const [{ renderManifests }, { renderAddons }, { topology }] = await Promise.all([
    import('../../../charts/app.ts'),
    import('../../../charts/addons.ts'),
    import('../../../services/topology.ts'),
  ]);
  const out = text(input.options, 'out');
  const manifests = renderManifests(topology);
  if (out !== undefined) return [{ folder: resolve(input.cwd, out), files: manifests }];
  return [
    { folder: resolve(input.projectDir, 'manifests'), files: manifests },
    { folder: resolve(input.projectDir, 'addons'), files: renderAddons(topology) },
  ];
}

async function writeFolders(input: CommandInput, folders: Rendered[]): Promise<number> {
  for (const { folder, files } of folders) {
    const changes = await writeFolder(folder, files);
    for (const change of changes) input.print(`${change.file}: ${verbs[change.type]}`);
    const shown = showPath(folder, input.cwd);
    input.print(`${files.size} files in ${shown}, ${changes.length} changed`);
  }
  return 0;
}

async function checkFolders(input: CommandInput, folders: Rendered[]): Promise<number> {
  const stale: string[] = [];
  for (const { folder, files } of folders) {
    const shown = showPath(folder, input.cwd);
    const changes = await compareFolder(folder, files);
    if (changes.length === 0) input.print(`${shown} is fresh: ${files.size} files`);
    else {
      const lines = changes.map((change) => formatChange(shown, change));
      stale.push(`${shown} is stale:\n${lines.join('\n')}`);
    }
  }
  if (stale.length === 0) return 0;
  throw new WindtunnelError('stale-manifests', stale.join('\n'), {
    next: 'Run `npm run synth` and commit what it writes.',
  });
}
