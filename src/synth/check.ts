import { analyze, formatFinding, isError } from '../analyze/analyze.ts';
import { WindtunnelError } from '../errors.ts';
import { buildWorld } from '../manifests/build-world.ts';
import { parseResources } from '../manifests/load.ts';
import { nameOf, placeOf } from '../manifests/problems.ts';
import { schemaProblems } from './schema.ts';

/**
 * Refuses manifests that are wrong before they are written: throws `bad-manifest` with what the schemas of Kubernetes and
 * Istio or the analysis (errors only) have against them. `files`: name → YAML.
 */
export async function checkManifests(files: ReadonlyMap<string, string>): Promise<void> {
  const resources = [...files].flatMap(([file, text]) => parseResources(text, file));
  const problems: string[] = [];
  for (const resource of resources) {
    for (const problem of await schemaProblems(resource)) {
      problems.push(`${placeOf(resource)} ${nameOf(resource)}: ${problem}`);
    }
  }
  const findings = analyze(buildWorld(resources)).filter(isError);
  problems.push(...findings.map(formatFinding));
  if (problems.length === 0) return;
  throw new WindtunnelError(
    'bad-manifest',
    `the manifests would be wrong, so none was written:\n${problems.join('\n')}`,
    { next: 'Mend services/topology.ts, or what charts/ and istio/ make of it.' },
  );
}
