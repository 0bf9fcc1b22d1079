import { asNumber, asRecord, asRecords } from '../../manifests/fields.ts';
import type { Spec } from './virtual-service.ts';

/** The four parts that a port-level setting replaces, with nothing inherited. */
const portLevelFields = ['connectionPool', 'outlierDetection', 'loadBalancer', 'tls'];
/** All parts of a policy that a subset overrides one by one. */
const policyFields = [...portLevelFields, 'tunnel', 'proxyProtocol', 'retryBudget'];

/** A policy's settings for one port: its `portLevelSettings` entry alone where there is one, else the policy itself. */
export function policyForPort(
  policy: Spec | undefined,
  port: number,
): { policy: Spec | undefined; isPortLevel: boolean } {
  const entry = asRecords(policy?.portLevelSettings).find(
    (one) => asNumber(asRecord(one.port).number) === port,
  );
  if (entry === undefined) return { policy, isPortLevel: false };
  return { policy: pick(entry, portLevelFields), isPortLevel: true };
}

/** The policy of a subset for one port: the subset's parts over the rule's; port-level parts replace even where they are absent. */
export function policyOfSubset(
  rule: Spec | undefined,
  subset: Spec | undefined,
  port: number,
): Spec | undefined {
  const base = policyForPort(rule, port).policy;
  if (subset === undefined) return base;
  const over = policyForPort(subset, port);
  if (base === undefined || over.policy === undefined) return over.policy;
  const merged = pick(base, policyFields);
  for (const field of policyFields) {
    const value = over.policy[field];
    if (value !== undefined) merged[field] = value;
    else if (over.isPortLevel && portLevelFields.includes(field)) delete merged[field];
  }
  return merged;
}

function pick(from: Spec, fields: string[]): Spec {
  return Object.fromEntries(
    fields.filter((field) => from[field] !== undefined).map((field) => [field, from[field]]),
  );
}
