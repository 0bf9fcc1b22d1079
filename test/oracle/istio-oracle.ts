import { execFile } from 'node:child_process';
import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { WindtunnelError } from '../../src/errors.ts';
import type { EnvoyConfig } from '../../src/translate/envoy.ts';

const run = promisify(execFile);

/** How to get the oracle, for messages. */
export const oracleHint =
  'istio-oracle is the program of the test bed (its README tells how to install it): put it on PATH, or set ISTIO_ORACLE to its path.';

/** The oracle's path: `ISTIO_ORACLE`, else the first `istio-oracle` of `PATH`; undefined when there is none. */
export async function findOracle(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const candidates =
    env.ISTIO_ORACLE === undefined || env.ISTIO_ORACLE === ''
      ? (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'istio-oracle'))
      : [env.ISTIO_ORACLE];
  for (const candidate of candidates) {
    const found = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  return undefined;
}

/**
 * Listeners of a headless service's pods name the same routes, and the oracle asks for them once for each, where a proxy
 * asks for a name once; the repetitions are not made anew, and now and then come back empty.
 */
function firstOfEachName<T extends { name: string }>(resources: T[]): T[] {
  return [...new Map(resources.toReversed().map((one) => [one.name, one])).values()].toReversed();
}

/**
 * Asks Istio's own generator for the configuration of one pod.
 *
 * @param input.pod `NAME.NAMESPACE` of a Pod in the YAML text
 * Throws `rejected` with what the oracle said.
 */
export async function askOracle(
  oracle: string,
  input: { yaml: string; pod: string; gateway: boolean },
): Promise<EnvoyConfig> {
  const folder = await mkdtemp(join(tmpdir(), 'windtunnel-oracle-'));
  try {
    const file = join(folder, 'cluster.yaml');
    await writeFile(file, input.yaml);
    const flags = ['-workload', input.pod, ...(input.gateway ? ['-gateway'] : []), file];
    const { stdout } = await run(oracle, flags, { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 });
    const config = JSON.parse(stdout) as Partial<EnvoyConfig>;
    return {
      listeners: config.listeners ?? [],
      clusters: config.clusters ?? [],
      routes: firstOfEachName(config.routes ?? []),
      endpoints: config.endpoints ?? [],
    };
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    const said = stderr
      ?.split('\n')
      .filter((line) => line !== '' && !/\t(warn|error)\tCRD|\twarn\t/.test(line));
    throw new WindtunnelError(
      'rejected',
      `istio-oracle failed: ${said?.slice(-5).join('; ') ?? String(cause)}`,
      {
        cause,
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
