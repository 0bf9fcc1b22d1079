import { setTimeout as sleep } from 'node:timers/promises';
import type { Sender } from '../load/exchange.ts';
import type { OutcomeClass } from '../load/outcome.ts';
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
 * reason, and probing ends. Probes wait for each other, so a slow edge is probed more seldom, not more heavily.
 */
export function watchGuard(
  guard: Guard,
  sender: Sender,
  requestIdPrefix: string,
  trip: (reason: string) => void,
): GuardWatch {
  const stopping = new AbortController();
  const seen: GuardResult = { edge: guard.edge.id, probes: 0, failures: 0, tripped: false };

  const watch = async (): Promise<void> => {
    let inARow = 0;
    while (!stopping.signal.aborted && !seen.tripped) {
      const { outcome } = await sender.send(`${requestIdPrefix}${seen.probes}`);
      if (stopping.signal.aborted) return;
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
      await sender.close();
      await watching;
    },
  };
}
