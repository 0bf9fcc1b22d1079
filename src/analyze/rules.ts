import type { Rule } from './finding.ts';
import { attemptsFitRule } from './rules/attempts-fit.ts';
import { ejectsNothingRule } from './rules/ejects-nothing.ts';
import { faultAndRetriesRule } from './rules/fault-and-retries.ts';
import { perTryTimeoutRule } from './rules/per-try-timeout.ts';
import { retriedWritesRule } from './rules/retried-writes.ts';
import { retryAfterTimeoutRule } from './rules/retry-after-timeout.ts';
import { unboundedRetriesRule } from './rules/unbounded-retries.ts';

/** Every rule, by code. */
export const rules: readonly Rule[] = [
  attemptsFitRule,
  perTryTimeoutRule,
  retryAfterTimeoutRule,
  faultAndRetriesRule,
  ejectsNothingRule,
  retriedWritesRule,
  unboundedRetriesRule,
];
