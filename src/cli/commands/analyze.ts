import { resolve } from 'node:path';
import { analyze, findingJson, formatFinding, isError } from '../../analyze/analyze.ts';
import type { Finding } from '../../analyze/finding.ts';
import { rules } from '../../analyze/rules.ts';
import { buildWorld } from '../../manifests/build-world.ts';
import { loadResources } from '../../manifests/load.ts';
import type { Resource } from '../../manifests/world.ts';
import { showPath } from '../show-path.ts';
import type { Command, CommandInput } from '../command.ts';

/** `windtunnel analyze`: policies that cannot do what they say, found without running anything. */
export const analyzeCommand: Command = {
  name: 'analyze',
  mostPositionals: Number.POSITIVE_INFINITY,
  summary: 'find policies that cannot do what they say, in any folder of manifests',
  usage: '[FOLDER...] [--json]',
  description: [
    'Reads Kubernetes and Istio manifests (default: manifests/) and checks the numbers of their policies against each other.',
    'Exits 1 when there is an error; warnings alone exit 0.',
    '',
    'Rules:',
    ...rules.map((rule) => `  ${rule.code}  ${rule.summary}`),
  ].join('\n'),
  options: { json: { type: 'boolean', help: 'print a JSON list of findings' } },
  async run(input) {
    const world = buildWorld(await readManifests(input));
    const findings = analyze(world);
    if (input.options.json === true) {
      input.print(JSON.stringify(findings.map(findingJson), undefined, 2));
    } else {
      for (const finding of findings) input.print(`${formatFinding(finding)}\n`);
      input.print(summaryOf(findings, world.resources.length));
    }
    return findings.some(isError) ? 1 : 0;
  },
};

/** Reads the given folders, or manifests/; places are named relative to where the command was called. */
async function readManifests({ positionals, cwd, projectDir }: CommandInput): Promise<Resource[]> {
  const folders =
    positionals.length > 0
      ? positionals.map((folder) => resolve(cwd, folder))
      : [resolve(projectDir, 'manifests')];
  const resources = await loadResources(folders);
  return resources.map((resource) => {
    const file = showPath(resource.source.file, cwd);
    return { ...resource, source: { ...resource.source, file } };
  });
}

function summaryOf(findings: Finding[], resourceCount: number): string {
  const errorCount = findings.filter(isError).length;
  const warningCount = findings.length - errorCount;
  return `${resourceCount} resources: ${counted(errorCount, 'error')}, ${counted(warningCount, 'warning')}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
