import { readFile, writeFile } from 'node:fs/promises';
import type { EnvoyConfig, Json } from '../../src/translate/envoy.ts';

/** What Istio's generator answered for one case: normalised, kept so that the comparison runs where the oracle is not. */
export interface Fixture {
  /** {@link LoadedCase.question} at the time it was asked. */
  question: string;
  config: EnvoyConfig;
}

const folder = new URL('../fixtures/oracle/', import.meta.url);

/** The fixture of a case; undefined when there is none. */
export async function readFixture(name: string): Promise<Fixture | undefined> {
  try {
    return JSON.parse(await readFile(fixtureUrl(name), 'utf8')) as Fixture;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a fixture: one line for each resource, so that a change of Istio's shows as a change of few lines. */
export async function writeFixture(name: string, fixture: Fixture): Promise<void> {
  await writeFile(fixtureUrl(name), formatFixture(fixture));
}

/** Where the fixture of a case lies. */
export function fixtureUrl(name: string): URL {
  return new URL(`${name}.json`, folder);
}

function formatFixture({ question, config }: Fixture): string {
  const lines = (resources: Json[]): string =>
    resources.length === 0
      ? '[]'
      : `[\n${resources.map((resource) => JSON.stringify(resource)).join(',\n')}\n]`;
  const sections = (['listeners', 'clusters', 'routes', 'endpoints'] as const)
    .map((section) => `"${section}": ${lines(config[section])}`)
    .join(',\n');
  return `{"question": ${JSON.stringify(question)}, "config": {\n${sections}\n}}\n`;
}
