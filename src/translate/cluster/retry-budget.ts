import { asNumber, asRecord } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import { duration } from '../values/duration.ts';
import { object } from '../values/json.ts';

/** `retryBudget` of a traffic policy: retries at once are at most `percent` (20) of active requests, but at least `minRetryConcurrency` (3). */
export function retryBudget(budget: unknown): JsonObject {
  const given = asRecord(budget);
  const percent = asNumber(given.percent) ?? 20;
  const minimum = asNumber(given.minRetryConcurrency) ?? 0;
  return object({
    budgetPercent: percent === 0 ? {} : { value: percent },
    budgetInterval: duration(given.budgetInterval),
    minRetryConcurrency: minimum > 0 ? minimum : 3,
  });
}
