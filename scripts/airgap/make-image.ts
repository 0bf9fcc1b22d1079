import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { standInLabel } from '../../src/cluster/observability/images.ts';
import { run } from './run.ts';
import type { StandIn } from './stand-ins.ts';

/** What became of an image. */
export type MadeImage =
  | { type: 'there' | 'made'; what: string }
  | { type: 'impossible' | 'failed'; reason: string };

/** What {@link makeImage} is given beside the image. */
export interface MakeOptions {
  /** Where programs are kept from one run to the next. */
  folder: string;
  say(line: string): void;
}

const dockerTimeoutMs = 120_000;

/** Makes an image of that name, unless there is one: the real one, or a stand-in of the same making. */
export async function makeImage(
  image: string,
  standIn: StandIn,
  { folder, say }: MakeOptions,
): Promise<MadeImage> {
  const format = `{{index .Config.Labels "${standInLabel}"}}`;
  const present = await run(
    'docker',
    ['image', 'inspect', '--format', format, image],
    dockerTimeoutMs,
  );
  if (present.ok) {
    const what = present.output.trim();
    if (what === '' || what === '<no value>') return { type: 'there', what: 'the real one' };
    if (what === standIn.what) return { type: 'there', what: `a stand-in: ${what}` };
  }
  // Another making is another folder: what is kept must not be taken for it.
  const making = createHash('sha256').update(standIn.what).digest('hex').slice(0, 12);
  const kept = join(folder, `${image.replaceAll(/[^\w.-]/g, '_')}-${making}`);
  await mkdir(kept, { recursive: true });
  if (!(await allThere(kept, standIn.files))) {
    say(`${image}: making a stand-in of ${standIn.what}…`);
    const program = await standIn.makeProgram(kept);
    if (program.type !== 'ready') return program;
  }
  return buildImage(image, standIn, kept);
}

async function allThere(folder: string, files: string[]): Promise<boolean> {
  const sizes = await Promise.all(
    files.map((file) =>
      stat(join(folder, file)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.every((size) => size > 0);
}

async function buildImage(image: string, standIn: StandIn, kept: string): Promise<MadeImage> {
  const context = await mkdtemp(join(kept, 'context-'));
  try {
    await writeFile(join(context, 'Dockerfile'), standIn.dockerfile);
    for (const file of standIn.files) await copyFile(join(kept, file), join(context, file));
    const args = [
      'build',
      '--quiet',
      '--label',
      `${standInLabel}=${standIn.what}`,
      '--tag',
      image,
      context,
    ];
    const built = await run('docker', args, dockerTimeoutMs);
    if (!built.ok) return { type: 'failed', reason: built.reason };
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  const { user, args } = standIn.check;
  const limits = ['--rm', '--read-only', '--network=none', '--user', user];
  const checked = await run('docker', ['run', ...limits, image, ...args], dockerTimeoutMs);
  if (checked.ok) return { type: 'made', what: standIn.what };
  await run('docker', ['image', 'rm', image], dockerTimeoutMs);
  return { type: 'failed', reason: `it does not run: ${checked.reason}` };
}
