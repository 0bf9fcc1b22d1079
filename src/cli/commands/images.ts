import { join, resolve } from 'node:path';
import type { ImageSpec } from '../../cluster/images/context.ts';
import type { Command, CommandInput } from '../command.ts';
import { showPath } from '../show-path.ts';
import { text } from './options.ts';

/** `windtunnel images`: the images that the manifests name, for those who bring them to a cluster by hand. */
export const imagesCommand: Command = {
  name: 'images',
  summary: 'build the images that the manifests name, or write what docker build takes',
  usage: '[--out DIR]',
  description: `
Builds the image of the services and that of Windtunnel's own programs (the reaper, the load generator) with Docker, as
windtunnel up does for a cluster. An image that is made of the same already is left as it is.

  windtunnel images               builds windtunnel/shop and windtunnel/cli
  windtunnel images --out DIR     builds nothing and needs no Docker: writes DIR/shop and DIR/cli, each a Dockerfile with
                                  what it copies, so that docker build DIR/shop works on any machine

Then bring them to where the cluster's nodes find them: kind load docker-image, or docker push and your own names.`,
  options: {
    out: {
      type: 'string',
      value: 'DIR',
      help: 'write the build contexts into this folder, in place of those of before',
    },
  },
  async run(input) {
    const out = text(input.options, 'out');
    const [{ topology }, { ourImages }] = await Promise.all([
      import('../../../services/topology.ts'),
      import('../../cluster/images/catalogue.ts'),
    ]);
    const specs = Object.values(ourImages(topology.image));
    return out === undefined
      ? build(input, specs)
      : writeContexts(input, specs, resolve(input.cwd, out));
  },
};

async function build(input: CommandInput, specs: readonly ImageSpec[]): Promise<number> {
  const { projectDir, env, progress, signal, print } = input;
  // Loaded here, as in writeContexts: other commands start without it.
  const [{ buildImages }, { createTools }, { requireDocker }] = await Promise.all([
    import('../../cluster/images/build-images.ts'),
    import('../../cluster/tools/tool.ts'),
    import('../../cluster/up/machine.ts'),
  ]);
  const tools = createTools(env, signal);
  await progress.step('preflight', () => requireDocker(tools));
  const images = await buildImages({ tools, projectDir, progress, specs });
  for (const { name, sizeBytes, built } of images.values()) {
    print(`${name}: ${built ? 'built' : 'unchanged'}, ${(sizeBytes / 1e6).toFixed(0)} MB`);
  }
  return 0;
}

async function writeContexts(
  input: CommandInput,
  specs: readonly ImageSpec[],
  out: string,
): Promise<number> {
  const { projectDir, cwd, progress, signal, print } = input;
  const [{ imageContext }, { writeContext }] = await Promise.all([
    import('../../cluster/images/context.ts'),
    import('../../cluster/images/write-context.ts'),
  ]);
  const commands: string[] = [];
  await progress.step('build contexts written', async (step) => {
    for (const spec of specs) {
      step.update(spec.name);
      const folder = join(out, folderOf(spec.name));
      const count = await writeContext(folder, imageContext(projectDir, spec), signal);
      const shown = showPath(folder, cwd);
      print(`${shown}: ${count} files`);
      commands.push(`docker build --tag ${spec.name} ${shown}`);
    }
    step.update(`${specs.length} of ${specs.length}`);
  });
  print('now');
  for (const command of commands) print(`  ${command}`);
  return 0;
}

/** `windtunnel/shop:0.1.0` is `shop`. */
function folderOf(image: string): string {
  return image.replace(/^.*\//, '').replace(/[:@].*$/, '');
}
