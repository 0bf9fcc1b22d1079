import type { Arrivals } from './arrivals.ts';
import type { Outcome } from './outcome.ts';
import type { LoadReport } from './recorder.ts';

/** An open-loop load: whoever has it can compute when each of its requests is due. */
export interface LoadPlan {
  arrivals: Arrivals;
  requests: number;
  /** Of the arrivals; see `seededRandom`. */
  seed: number;
  /** The id of request number n, from 0, is this and n. */
  requestIdPrefix: string;
  /** See `runOpenLoop`. */
  maxOutstanding: number;
}

/** What makes requests of one kind to one place, wherever it runs. */
export interface RequestSource {
  /** Makes one request, known as `requestId` to the mesh. Rejects when what makes the requests is gone. */
  send(requestId: string): Promise<Outcome>;
  /**
   * Runs a load. Aborting `signal` ends it: nothing more is sent, what is under way is not waited for. Rejects with
   * `bad-experiment` for a load that cannot be, and when what makes the requests is gone.
   */
  run(plan: LoadPlan, signal?: AbortSignal): Promise<LoadReport>;
  /** Ends its connections; what is under way is canceled. Never rejects. */
  close(): Promise<void>;
}
