import type { Step } from '../../progress.ts';
import { lastLines, type Tools } from '../tools/tool.ts';
import { inspectImage } from '../images/inspect.ts';
import { imageName } from './image-name.ts';
import type { ImageSource } from './plan.ts';

/** Label of the images that `scripts/airgap.ts` makes: that they are none of their publisher's, and what they are made of. */
export const standInLabel = 'dev.windtunnel.stand-in';
const pullTimeoutMs = 300_000;

/**
 * Finds each image in Docker, else pulls it, so that a kind cluster needs no registry. Images that are here go by their name
 * without digest, as `kind load` knows them; a pull is by the digest, where one is pinned. Never throws for an image.
 */
export async function findImages(
  tools: Tools,
  images: readonly string[],
  step: Step,
): Promise<Map<string, ImageSource>> {
  const sources = new Map<string, ImageSource>();
  for (const image of images) {
    step.update(image.split('@')[0] ?? image);
    sources.set(image, (await imageHere(tools, image)) ?? (await pullImage(tools, image)));
  }
  return sources;
}

async function imageHere(tools: Tools, image: string): Promise<ImageSource | undefined> {
  const name = imageName(image);
  const found = await inspectImage(tools, name);
  if (found === undefined) return undefined;
  const made = found.labels[standInLabel];
  if (made !== undefined) return { type: 'here', name, note: `a stand-in made of ${made}` };
  const digest = image.split('@')[1];
  if (digest === undefined || found.digests.includes(digest)) return { type: 'here', name };
  return { type: 'here', name, note: 'Docker has another image of that name than the pinned one' };
}

async function pullImage(tools: Tools, image: string): Promise<ImageSource> {
  const name = imageName(image);
  try {
    const pulled = await tools.run('docker', ['pull', '--quiet', image], {
      timeoutMs: pullTimeoutMs,
    });
    if (pulled.status !== 0) return { type: 'missing', reason: lastLines(pulled.stderr.trim()) };
    // Pulled by its digest an image has no name, and `kind load` takes names.
    await tools.output('docker', ['tag', image, name]);
    return { type: 'here', name };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return { type: 'missing', reason };
  }
}
