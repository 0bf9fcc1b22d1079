import { nameOf, placeOf } from '../manifests/problems.ts';
import type { World } from '../manifests/world.ts';
import type { Finding } from './finding.ts';
import { rules } from './rules.ts';

/** What all rules find, errors first, otherwise in the order of the rules and of the manifests. */
export function analyze(world: World): Finding[] {
  const findings = rules.flatMap((rule) => rule.check(world));
  return [...findings.filter(isError), ...findings.filter((finding) => !isError(finding))];
}

/** Whether a finding must fail a build. */
export function isError(finding: Finding): boolean {
  return finding.severity === 'error';
}

/** A finding as lines of text: where, what, why, what to do. */
export function formatFinding(finding: Finding): string {
  const { code, severity, resource, path, message, why, fix } = finding;
  return [
    `${severity} ${code} ${placeOf(resource)} ${nameOf(resource)} ${path}`,
    `  ${message}`,
    `  why: ${why}`,
    `  fix: ${fix}`,
  ].join('\n');
}

/** A finding as JSON for other programs; its keys are stable. */
export function findingJson(finding: Finding): Record<string, string | number> {
  const { code, severity, resource, path, message, why, fix } = finding;
  return {
    code,
    severity,
    file: resource.source.file,
    line: resource.source.line,
    kind: resource.kind,
    namespace: resource.metadata.namespace,
    name: resource.metadata.name,
    path,
    message,
    why,
    fix,
  };
}
