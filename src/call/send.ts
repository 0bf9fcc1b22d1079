import { join } from 'node:path';
import type { Entry } from '../target/target.ts';
import type { Call } from '../topology/calls.ts';
import type { CallOutcome } from './outcome.ts';

/** How long one call may take, answer included; far above any deadline that the shop declares. */
const CALL_TIMEOUT_MS = 15_000;

/** What {@link sendCall} needs beside the call. */
export interface SendOptions {
  /** The project's root: contracts are named relative to it. */
  projectDir: string;
  entry: Entry;
  /** Headers or metadata of the request, e.g. its id. */
  headers: Record<string, string>;
  signal: AbortSignal;
}

/** Makes one call into the mesh, once, within 15 s; a failure is an outcome, not an error. */
export async function sendCall(call: Call, options: SendOptions): Promise<CallOutcome> {
  const { projectDir, entry, headers, signal } = options;
  // Loaded here: every command of the CLI would wait for the two libraries, and most make no call.
  const [{ sendHttp }, { sendGrpc }] = await Promise.all([
    import('./send-http.ts'),
    import('./send-grpc.ts'),
  ]);
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
  return call.protocol === 'http'
    ? sendHttp(entry, call, headers, bounded)
    : sendGrpc(entry, call, join(projectDir, call.protoFile), headers, bounded);
}
