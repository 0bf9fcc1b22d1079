import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../errors.ts';
import type { Outcome, OutcomeClass } from '../load/outcome.ts';
import type { RequestSource } from '../load/source.ts';
import type { Guard } from './language.ts';
import type { GuardResult } from './result.ts';

/** A guard at work. */
export interface GuardWatch {
  result(): GuardResult;
  /** Stops probing; resolves when the last probe has ended. */
  stop(): Promise<void>;
}

// A callee that says no is a callee that works.
const healthy: OutcomeClass[] = ['success', 'rejected'];

/**
 * Probes an edge until it is stopped, or until so many probes in a row have failed: then `trip` is called once, with the
 * reason, and probing ends. The same when it can no longer be probed at all. Probes wait for each other, so a slow edge is
 * probed more seldom, not more heavily.
 */
export function watchGuard(
  guard: Guard,
  source: RequestSource,
  requestIdPrefix: string,
  trip: (reason: string) => void,
): GuardWatch {
  const stopping = new AbortController();
  const seen: GuardResult = { edge: guard.edge.id, probes: 0, failures: 0, tripped: false };

  const probe = async (): Promise<Outcome | undefined> => {
    try {
      return await source.send(`${requestIdPrefix}${seen.probes}`);
    } catch (thrown) {
      const why = WindtunnelError.from(thrown).message;
      if (!stopping.signal.aborted) trip(`the guard ${guard.edge.id} cannot be watched: ${why}`);
      return undefined;
    }
  };
  const watch = async (): Promise<void> => {
    let inARow = 0;
    while (!stopping.signal.aborted && !seen.tripped) {
      const outcome = await probe();
      if (outcome === undefined || stopping.signal.aborted) return;
      seen.probes++;
      if (healthy.includes(outcome.class)) inARow = 0;
      else {
        seen.failures++;
        inARow++;
      }
      if (inARow >= guard.failures) {
        seen.tripped = true;
        trip(
          `${guard.edge.id}, outside the experiment, failed ${inARow} times in a row, last with ${outcome.label}`,
        );
        return;
      }
      await sleep(guard.everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };

  const watching = watch();
  return {
    result: () => ({ ...seen }),
    async stop() {
      stopping.abort();
      await source.close();
      await watching;
    },
  };
}
