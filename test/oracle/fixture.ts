import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Json } from '../../src/json.ts';
import type { EnvoyConfig } from '../../src/translate/envoy.ts';

/** What Istio's generator answered for one case: normalised, kept so that the comparison runs where the oracle is not. */
export interface Fixture {
  /** {@link LoadedCase.question} at the time it was asked. */
  question: string;
  config: EnvoyConfig;
}

/** Resources that many cases have, by the hash of their JSON: a fixture refers to them as `@HASH`. */
type Common = Record<string, Json>;

/** A file of this folder holds one case, except {@link commonFile}. */
export const fixtureFolder = new URL('../fixtures/oracle/', import.meta.url);
/** Name of the file of resources that several fixtures share. */
export const commonFile = 'common.json';

const sections = ['listeners', 'clusters', 'routes', 'endpoints'] as const;

let common: Promise<Common> | undefined;

/** The fixture of a case; undefined when there is none. */
export async function readFixture(name: string): Promise<Fixture | undefined> {
  const stored = await readJson<Fixture>(`${name}.json`);
  if (stored === undefined) return undefined;
  const shared = await readCommon();
  const config = mapSections(stored.config, (item) =>
    typeof item === 'string' ? (shared[item.slice(1)] ?? item) : item,
  );
  return { question: stored.question, config };
}

/** Writes one fixture, which may refer to common resources, but adds none. */
export async function writeFixture(name: string, fixture: Fixture): Promise<void> {
  await writeWith(name, fixture, await readCommon());
}

/** Writes the fixtures of all cases, and anew the resources that more than one of them has. */
export async function writeFixtures(fixtures: Map<string, Fixture>): Promise<void> {
  const seen = new Map<string, { resource: Json; count: number }>();
  for (const { config } of fixtures.values()) {
    for (const resource of sections.flatMap((section): Json[] => config[section])) {
      const hash = hashOf(resource);
      seen.set(hash, { resource, count: (seen.get(hash)?.count ?? 0) + 1 });
    }
  }
  const repeated = [...seen]
    .filter(([, { count }]) => count > 1)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const shared: Common = Object.fromEntries(
    repeated.map(([hash, { resource }]) => [hash, resource]),
  );
  const lines = Object.entries(shared).map(
    ([hash, resource]) => `"${hash}": ${JSON.stringify(resource)}`,
  );
  await writeFile(new URL(commonFile, fixtureFolder), `{\n${lines.join(',\n')}\n}\n`);
  common = Promise.resolve(shared);
  for (const [name, fixture] of fixtures) await writeWith(name, fixture, shared);
}

function readCommon(): Promise<Common> {
  common ??= readJson<Common>(commonFile).then((read) => read ?? {});
  return common;
}

/** One line for each resource, so that a change of Istio's shows as a change of few lines. */
async function writeWith(
  name: string,
  { question, config }: Fixture,
  shared: Common,
): Promise<void> {
  const stored = mapSections(config, (resource) => {
    const hash = hashOf(resource);
    return shared[hash] === undefined ? resource : `@${hash}`;
  });
  const text = sections.map((section) => `"${section}": ${lines(stored[section])}`).join(',\n');
  const content = `{"question": ${JSON.stringify(question)}, "config": {\n${text}\n}}\n`;
  await writeFile(new URL(`${name}.json`, fixtureFolder), content);
}

function lines(resources: Json[]): string {
  return resources.length === 0
    ? '[]'
    : `[\n${resources.map((resource) => JSON.stringify(resource)).join(',\n')}\n]`;
}

function mapSections(config: EnvoyConfig, map: (resource: Json) => Json): EnvoyConfig {
  const mapped = sections.map((section) => [section, (config[section] as Json[]).map(map)]);
  return Object.fromEntries(mapped) as EnvoyConfig;
}

function hashOf(resource: Json): string {
  return createHash('sha256').update(JSON.stringify(resource)).digest('hex').slice(0, 12);
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(new URL(file, fixtureFolder), 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
