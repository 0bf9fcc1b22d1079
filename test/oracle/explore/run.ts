import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type AskIstio, compare, type Outcome } from './compare.ts';
import { shrink } from './shrink.ts';
import { caseOf, generateWorld, type GeneratedWorld } from './world.ts';

/** What to explore. */
export interface Exploration {
  /** Seed of the first world; each further world has the next number. */
  seed: number;
  count: number;
  /** Keys of {@link generators}. */
  kinds: readonly string[];
  ask: AskIstio;
  /** Where worlds that differ are written, made when it is needed. */
  folder: string;
  /** How often a world that differs may be tried again to make it smaller. */
  shrinkChecks: number;
  /** Whether to stop before the next world, e.g. because time is up. */
  isOver(): boolean;
  print(line: string): void;
}

/** What was found. */
export interface Findings {
  /** Worlds by the type of their {@link Outcome}. */
  counts: Record<Outcome['type'], number>;
  /** Reasons for what is not translated, without places, and how many worlds they kept from being compared. */
  reasons: Map<string, number>;
  /** A file for each world that differs. */
  files: string[];
}

/** Generates worlds one after another, compares each, and prints and saves those that differ. */
export async function explore(exploration: Exploration): Promise<Findings> {
  const { seed, count, kinds, ask, isOver } = exploration;
  const findings: Findings = {
    counts: { equal: 0, 'both-refuse': 0, unsupported: 0, different: 0 },
    reasons: new Map(),
    files: [],
  };
  for (let index = 0; index < count && !isOver(); index += 1) {
    const world = generateWorld(seed + index, kinds);
    const outcome = await compare(ask, caseOf(world));
    findings.counts[outcome.type] += 1;
    if (outcome.type === 'unsupported') countReasons(findings.reasons, outcome.reason);
    if (outcome.type === 'different') {
      findings.files.push(await save(exploration, world, outcome));
    }
  }
  return findings;
}

/** Counts each line of a refusal, without the place and resource before it. */
function countReasons(reasons: Map<string, number>, refusal: string): void {
  for (const line of refusal.split('\n')) {
    const reason = line.split(': ').slice(2).join(': ').replaceAll(/\d+/g, 'N');
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
}

type Different = Extract<Outcome, { type: 'different' }>;

async function save(
  exploration: Exploration,
  world: GeneratedWorld,
  outcome: Different,
): Promise<string> {
  const { ask, folder, shrinkChecks, print } = exploration;
  const again = (documents: GeneratedWorld['documents']): Promise<Outcome> =>
    compare(ask, caseOf({ ...world, documents }));
  const documents = await shrink(
    world.documents,
    async (smaller) => {
      const found = await again(smaller);
      return found.type === 'different' && signature(found) === signature(outcome);
    },
    shrinkChecks,
  );
  const last = await again(documents);
  const { kind, report } = last.type === 'different' ? last : outcome;
  const head = `seed ${world.seed}, ${world.gateway ? 'gateway' : 'sidecar'} ${world.workload}: ${kind}`;
  const file = join(folder, `seed-${world.seed}.yaml`);
  await mkdir(folder, { recursive: true });
  const comment = `${head}\n${report}`.replaceAll(/^/gm, '# ');
  const texts = documents.map((document) => stringify(document));
  await writeFile(file, `${comment}\n${texts.join('---\n')}`);
  print(`${head}\n${report}\n  ${file}`);
  return file;
}

/** What must stay the same while a world shrinks, lest another difference takes the first one's place. */
function signature({ kind, report }: Different): string {
  const first = report.split('\n')[0] ?? '';
  if (kind !== 'configuration') return `${kind} ${first.replaceAll(/\[\d+\]|\d+/g, '')}`;
  return `${kind} ${first.trim().replaceAll(/\[[^\]]*\]/g, '')}`;
}
