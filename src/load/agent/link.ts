import type { Readable, Writable } from 'node:stream';

/** A load agent that runs somewhere, and the way to it. */
export interface AgentLink {
  /** Names it in errors, e.g. `this machine`, or an image and a pod. */
  where: string;
  /** Its standard input and output. */
  input: Writable;
  output: Readable;
  /** How often it wants to hear from us, in ms; undefined: its end of the way breaks when ours does. */
  pingMs?: number;
  /** Resolves when it has ended, to how, e.g. `exit 1: …`; never rejects. */
  ended: Promise<string>;
  /** Ends it and all that was made for it; bounded, never rejects. */
  close(): Promise<void>;
}
