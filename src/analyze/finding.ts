import type { Resource, World } from '../manifests/world.ts';

/** Codes of the rules, as the catalogue of checks numbers them. */
export const ruleCodes = ['D2', 'D3', 'D4', 'F1', 'O1', 'R3', 'R7'] as const;

/** One of {@link ruleCodes}. */
export type RuleCode = (typeof ruleCodes)[number];

/** `error`: the policy cannot do what it says. `warning`: it can, within limits its author should know of. */
export type Severity = 'error' | 'warning';

/** What a rule found. */
export interface Finding {
  code: RuleCode;
  severity: Severity;
  resource: Resource;
  /** The field, e.g. `spec.http[0].retries.perTryTimeout`. */
  path: string;
  /** What is in conflict, with the numbers. */
  message: string;
  /** What Envoy or Istio does then. */
  why: string;
  fix: string;
}

/** One check: pure, exact (a finding is a fact, not a taste), in a file of its own. */
export interface Rule {
  code: RuleCode;
  /** One line: what it finds. */
  summary: string;
  check(world: World): Finding[];
}
