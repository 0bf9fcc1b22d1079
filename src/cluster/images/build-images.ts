import type { Progress } from '../../progress.ts';
import type { Tools } from '../tools/tool.ts';
import { type BuiltImage, ensureImage } from './build.ts';
import { imageContext, type ImageSpec } from './context.ts';

/** Builds those of our images whose content differs from what Docker has; resolves to all of them by name. */
export async function buildImages(options: {
  tools: Tools;
  projectDir: string;
  progress: Progress;
  specs: readonly ImageSpec[];
}): Promise<Map<string, BuiltImage>> {
  const { tools, projectDir, progress, specs } = options;
  return progress.step('images built', async (step) => {
    const known = new Map<string, BuiltImage>();
    const said: string[] = [];
    for (const spec of specs) {
      step.update(spec.name);
      const image = await ensureImage(tools, spec, imageContext(projectDir, spec), step);
      known.set(spec.name, image);
      const size = `${(image.sizeBytes / 1e6).toFixed(0)} MB`;
      said.push(`${spec.name} ${image.built ? size : 'unchanged'}`);
    }
    step.update(said.join(', '));
    return known;
  });
}
