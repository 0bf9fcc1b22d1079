import { WindtunnelError } from '../errors.ts';
import { asRecord, asStrings, isRecord } from '../manifests/fields.ts';
import { nameOf, placeOf } from '../manifests/problems.ts';
import type { Resource, World } from '../manifests/world.ts';
import {
  hiddenDestinations,
  machinesOfServices,
  sharedHosts,
  type SharedProblem,
} from './check-hosts.ts';
import { meshMetadataProblems } from './check-metadata.ts';
import { refusedGroups, refusedKinds, translatedKinds } from './schema/kinds.ts';
import { checkValue, type Report } from './schema/schema.ts';

/** One thing that keeps a world from being run as it is written. */
interface Finding {
  kind: 'unsupported' | 'invalid';
  text: string;
}

/**
 * Throws `unsupported` when a resource asks for something that is not translated, `bad-manifest` when one holds what Istio's
 * API would refuse; the message lists every such field of every resource, a line each: place, resource, field, reason.
 * After it, {@link translateSidecar} leaves nothing out silently.
 */
export function checkSupported(world: World): void {
  const shared = [
    ...sharedHosts(world),
    ...machinesOfServices(world),
    ...hiddenDestinations(world),
  ];
  const findings = world.resources.flatMap((resource) =>
    findingsOf(
      resource,
      shared.filter((one) => one.resource === resource),
    ),
  );
  if (findings.length === 0) return;
  const isInvalid = findings.some((finding) => finding.kind === 'invalid');
  throw new WindtunnelError(
    isInvalid ? 'bad-manifest' : 'unsupported',
    findings.map((finding) => finding.text).join('\n'),
    {
      next: isInvalid
        ? 'Mend the fields named above.'
        : 'Take these fields out for the local mesh, or run on a cluster with Istio.',
    },
  );
}

function findingsOf(resource: Resource, shared: SharedProblem[]): Finding[] {
  const findings: Finding[] = [];
  const add = (kind: Finding['kind'], path: string, reason: string): void => {
    const field = path === '' ? '' : ` ${path}`;
    const verb = kind === 'unsupported' ? `is not translated: ${reason}` : reason;
    findings.push({ kind, text: `${placeOf(resource)}: ${nameOf(resource)}:${field} ${verb}` });
  };
  const report: Report = {
    unsupported: (path, reason) => add('unsupported', path, reason),
    invalid: (path, reason) => add('invalid', path, reason),
  };
  for (const problem of [...meshMetadataProblems(resource), ...shared])
    report.unsupported(problem.path, problem.reason);
  const group = resource.apiVersion.split('/')[0] ?? '';
  if (group.endsWith('istio.io') || group === 'gateway.networking.k8s.io') {
    checkMeshResource(resource, group, report);
  }
  return findings;
}

function checkMeshResource(resource: Resource, group: string, report: Report): void {
  const kind = `${group}/${resource.kind}`;
  const schema = translatedKinds[kind];
  if (schema === undefined) {
    report.unsupported(
      '',
      refusedKinds[kind] ??
        refusedGroups[group] ??
        `the kind ${resource.kind} of ${group} is not known`,
    );
    return;
  }
  const { spec } = resource.body;
  if (spec !== undefined && spec !== null && !isRecord(spec)) {
    report.invalid('spec', 'must be an object');
    return;
  }
  for (const key of Object.keys(resource.body)) {
    if (['apiVersion', 'kind', 'metadata', 'spec', 'status'].includes(key)) continue;
    report.invalid(key, 'is no field of the resource: it belongs under spec, or nowhere');
  }
  checkValue(schema, asRecord(spec), 'spec', report);
  checkResource(resource, report);
}

/** What depends on a resource's metadata and spec together. */
function checkResource({ kind, metadata, body }: Resource, report: Report): void {
  const spec = asRecord(body.spec);
  const dryRun = metadata.annotations['istio.io/dry-run'];
  if (dryRun !== undefined) {
    const path = 'metadata.annotations.istio.io/dry-run';
    if (kind !== 'AuthorizationPolicy') report.invalid(path, 'is for AuthorizationPolicies only');
    else if (spec.action === 'AUDIT')
      report.invalid(path, 'is for the actions ALLOW and DENY only');
    else if (!/^([tTfF01]|true|TRUE|True|false|FALSE|False)$/.test(dryRun))
      report.invalid(path, `must be true or false, not ${JSON.stringify(dryRun)}`);
  }
  const exportTo = asStrings(spec.exportTo);
  const isOwn = (one: string): boolean => one === '.' || one === metadata.namespace;
  if (exportTo.filter(isOwn).length > 1)
    report.invalid('spec.exportTo', 'names its own namespace twice');
  if (kind === 'DestinationRule' && spec.workloadSelector !== undefined && !exportTo.every(isOwn))
    report.invalid('spec.exportTo', 'must be the own namespace beside a workloadSelector');
}
