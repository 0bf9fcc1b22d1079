import type { Outcome } from './outcome.ts';

/** One request as its sender saw it; times are of the sender's monotonic clock, in ms. */
export interface Exchange {
  outcome: Outcome;
  /** When it was handed to a connection; null when it never was. */
  sentMs: number | null;
  /** When the head of the answer arrived; null when none did. */
  firstByteMs: number | null;
  doneMs: number;
}

/** Makes requests of one kind to one place. */
export interface Sender {
  /** Makes one request, known as `requestId` to the mesh. Resolves within its timeout; never rejects. */
  send(requestId: string): Promise<Exchange>;
  /** Ends its connections; what is under way resolves as `canceled`. */
  close(): Promise<void>;
}
