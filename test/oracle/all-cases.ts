import { readdir } from 'node:fs/promises';
import type { OracleCase } from './case.ts';
import { shopCases } from './shop-cases.ts';

/** Every case: the `cases` of each file in `cases/`, and the shop's own manifests. Throws when a name comes twice. */
export async function allCases(): Promise<OracleCase[]> {
  const folder = new URL('cases/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort();
  const cases: OracleCase[] = [];
  for (const name of names) {
    const module = (await import(new URL(name, folder).href)) as { cases?: OracleCase[] };
    if (module.cases !== undefined) cases.push(...module.cases);
  }
  cases.push(...(await shopCases()));
  const seen = new Set<string>();
  for (const { name } of cases) {
    if (seen.has(name)) throw new Error(`two oracle cases are named ${name}`);
    seen.add(name);
  }
  return cases;
}
