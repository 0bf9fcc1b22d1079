import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, posix, resolve } from 'node:path';
import { parse } from 'yaml';
import { WindtunnelError } from '../../errors.ts';
import { asRecord, asString, isRecord } from '../../manifests/fields.ts';
import type { Container } from '../../manifests/world.ts';

/** What stands for an image on this machine. */
export interface LocalImage {
  /** Absolute; where the command runs. */
  folder: string;
  /** Runs where the manifest names no command; empty: there is none. */
  command: string[];
  /** The image's own WORKDIR: a container's `workingDir` below it is the same folder below {@link folder}. */
  workingDir: string;
}

/** The image map: what the local mesh runs for an image name. */
export interface ImageMap {
  /** Where it was read; undefined: there is no file. */
  file: string | undefined;
  images: Map<string, LocalImage>;
}

const known = new Set(['folder', 'command', 'workingDir']);

/** Reads an image map. A missing file is an error only when it was asked for; else the map is empty. */
export async function loadImages(file: string, required: boolean): Promise<ImageMap> {
  if (!existsSync(file) && !required) return { file: undefined, images: new Map() };
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new WindtunnelError(
      'io',
      `cannot read the image map ${file}: ${(cause as Error).message}`,
      {
        cause,
        next: 'name a file that is there: --images FILE',
      },
    );
  }
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw badMap(file, `not valid YAML: ${(cause as Error).message}`);
  }
  const images = asRecord(asRecord(content).images);
  return {
    file,
    images: new Map(
      Object.entries(images).map(([name, value]) => [name, toImage(file, name, value)]),
    ),
  };
}

/** What to run for a container: program, arguments, folder; before addresses are rewritten. */
export interface ContainerCommand {
  command: string[];
  args: string[];
  cwd: string;
}

/**
 * Resolves a container by the image map: by full name, else by name without tag. As in Kubernetes, `command` replaces the
 * image's entry point, and `args` what follows. Throws `missing-tool` when the image is not in the map.
 */
export function containerCommand(
  map: ImageMap,
  container: Container,
  where: string,
): ContainerCommand {
  const image = map.images.get(container.image) ?? map.images.get(repository(container.image));
  if (!image) {
    throw new WindtunnelError(
      'missing-tool',
      `${where}: nothing is known to run for image ${container.image} (${map.file ?? 'there is no image map'})`,
      {
        next: `map it to a folder and a command: images: {"${container.image}": {folder: …, command: […]}}`,
      },
    );
  }
  const command = container.command.length > 0 ? container.command : image.command;
  if (command.length === 0) {
    throw new WindtunnelError(
      'bad-manifest',
      `${where}: image ${container.image} has a command neither in the manifest nor in ${map.file}`,
      { next: 'add `command: [PROGRAM, ARGUMENT]` to the image map' },
    );
  }
  const below = container.workingDir && posix.relative(image.workingDir, container.workingDir);
  const inside = below && !below.startsWith('..') && !isAbsolute(below) ? below : '';
  const folder = join(image.folder, inside);
  return { command, args: container.args, cwd: existsSync(folder) ? folder : image.folder };
}

function badMap(file: string, what: string): WindtunnelError {
  return new WindtunnelError('bad-manifest', `${file}: ${what}`, {
    next: 'write `images: {NAME: {folder: FOLDER, command: [PROGRAM, ARGUMENT]}}`; folders are relative to the file',
  });
}

function toImage(file: string, name: string, value: unknown): LocalImage {
  if (!isRecord(value)) throw badMap(file, `${name} must be an object`);
  const unknown = Object.keys(value).find((key) => !known.has(key));
  if (unknown !== undefined) throw badMap(file, `${name}.${unknown} is not known`);
  const { command = [] } = value;
  if (!Array.isArray(command) || command.some((word) => typeof word !== 'string')) {
    throw badMap(file, `${name}.command must be a list of strings`);
  }
  const folder = resolve(dirname(file), asString(value.folder) ?? '.');
  if (!existsSync(folder)) throw badMap(file, `${name}.folder ${folder} does not exist`);
  return {
    folder,
    command: command as string[],
    workingDir: asString(value.workingDir) ?? '/app',
  };
}

/** Image name without tag and digest. */
function repository(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}
