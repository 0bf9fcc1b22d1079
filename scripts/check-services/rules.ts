import type { Rule } from './rule.ts';
import { authorizationRule } from './rules/authorization.ts';
import { circuitBreakerRule } from './rules/circuit-breaker.ts';
import { loadBalancingRule } from './rules/load-balancing.ts';
import { retryRule } from './rules/retry.ts';
import { timeoutRule } from './rules/timeout.ts';
import { tlsRule } from './rules/tls.ts';

/** What services must not hold: the mesh does it. */
export const rules: readonly Rule[] = [
  retryRule,
  timeoutRule,
  circuitBreakerRule,
  tlsRule,
  loadBalancingRule,
  authorizationRule,
];
