import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WindtunnelError } from '../../src/errors.ts';
import { askIstio } from './explore/compare.ts';
import { explore, type Findings } from './explore/run.ts';
import { generators } from './explore/world.ts';
import { findOracle, oracleHint } from './istio-oracle.ts';

const usage = `node test/oracle/explore.ts [--seed N] [--count N] [--kinds a,b] [--seconds N] [--shrink N]

Compares our translation of random manifests with what Istio generates for them. A world that differs is made smaller
and written to a temporary folder; the exit status is then 1.

--seed     of the first world; each further one has the next number. Default: the time
--count    of worlds. Default: 100
--kinds    resources that worlds have: ${Object.keys(generators).join(', ')}. Default: all
--seconds  after which no further world is begun. Default: 600
--shrink   how often one world that differs may be tried again. Default: 150`;

/** Runs the command; whether nothing differs. Throws `usage` and `missing-tool`. */
async function main(args: string[]): Promise<boolean> {
  const options = readOptions(args);
  const oracle = await findOracle(process.env);
  if (oracle === undefined) {
    throw new WindtunnelError('missing-tool', 'istio-oracle was not found.', { next: oracleHint });
  }
  const { seed, count, kinds, seconds, shrinkChecks } = options;
  console.log(`seed ${seed}, ${count} worlds of ${kinds.join(', ')}`);
  const endMs = performance.now() + seconds * 1000;
  const findings = await explore({
    seed,
    count,
    kinds,
    ask: askIstio(oracle),
    folder: await mkdtemp(join(tmpdir(), 'windtunnel-explore-')),
    shrinkChecks,
    isOver: () => performance.now() > endMs,
    print: (line) => console.log(line),
  });
  printSummary(findings, count);
  return findings.counts.different === 0;
}

function readOptions(args: string[]): {
  seed: number;
  count: number;
  kinds: string[];
  seconds: number;
  shrinkChecks: number;
} {
  const option = { type: 'string' } as const;
  const options = { seed: option, count: option, kinds: option, seconds: option, shrink: option };
  let values: Partial<Record<keyof typeof options, string>>;
  try {
    ({ values } = parseArgs({ args, options, strict: true }));
  } catch (cause) {
    throw new WindtunnelError('usage', (cause as Error).message, { next: usage, cause });
  }
  const kinds = values.kinds?.split(',') ?? Object.keys(generators);
  const unknown = kinds.filter((kind) => !Object.hasOwn(generators, kind));
  if (unknown.length > 0) {
    throw new WindtunnelError('usage', `no such kind: ${unknown.join(', ')}`, { next: usage });
  }
  return {
    seed: wholeNumber('seed', values.seed, Date.now() % 1_000_000_000),
    count: wholeNumber('count', values.count, 100),
    kinds,
    seconds: wholeNumber('seconds', values.seconds, 600),
    shrinkChecks: wholeNumber('shrink', values.shrink, 150),
  };
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d+$/.test(text)) return Number(text);
  throw new WindtunnelError('usage', `--${name} must be a whole number, not ${text}`, {
    next: usage,
  });
}

function printSummary({ counts, reasons }: Findings, wanted: number): void {
  const reached = Object.values(counts).reduce((sum, one) => sum + one, 0);
  for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 20)) {
    console.log(`not translated in ${count}: ${reason}`);
  }
  const missing = reached < wanted ? ` of ${wanted}: time was up` : '';
  console.log(
    `${reached} worlds${missing}: ${counts.equal} equal, ${counts.different} different, ${counts['both-refuse']} refused by both, ${counts.unsupported} not translated`,
  );
}

try {
  if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
} catch (thrown) {
  const error = WindtunnelError.from(thrown);
  console.error(`${error.code}: ${error.message}`);
  if (error.next !== undefined) console.error(error.next);
  process.exitCode = 1;
}
