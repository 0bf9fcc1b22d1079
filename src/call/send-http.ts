import { Agent, request } from 'undici';
import type { Entry } from '../target/target.ts';
import type { HttpCall } from '../topology/calls.ts';
import type { CallOutcome } from './outcome.ts';

/** Bound on what is read of an answer, so that an endless one cannot fill the memory. */
const ANSWER_BYTES_MAX = 1 << 20;

/**
 * Sends one request into the mesh at `entry` and reads its answer; a failure is an outcome, not an error.
 * Nothing is retried here, and no connection is kept: what happens is the mesh's doing.
 */
export async function sendHttp(
  entry: Entry,
  call: HttpCall,
  context: Record<string, string>,
  signal: AbortSignal,
): Promise<CallOutcome> {
  const agent = new Agent({ pipelining: 1, keepAliveTimeout: 1 });
  const startedMs = performance.now();
  const outcome = (rest: Omit<CallOutcome, 'durationMs'>): CallOutcome => ({
    ...rest,
    durationMs: performance.now() - startedMs,
  });
  try {
    const response = await request(`http://${entry.address}:${entry.port}${call.path}`, {
      dispatcher: agent,
      method: call.method as 'GET',
      headers: { host: entry.authority, ...context, ...call.headers },
      body: call.body ?? null,
      signal,
    });
    const text = await readAnswer(response.body, call.expect.lines);
    const status = response.statusCode;
    const ok = status >= 200 && status < 300;
    return outcome({
      ok,
      code: status,
      status: `HTTP ${status}`,
      answers: text
        .split('\n', call.expect.lines || undefined)
        .filter(Boolean)
        .map(decode),
      problem: ok ? undefined : `HTTP ${status}: ${text.slice(0, 300).trim()}`,
    });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return outcome({ ok: false, code: undefined, status: 'no answer', answers: [], problem });
  } finally {
    await agent.destroy();
  }
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

async function readAnswer(body: AsyncIterable<Buffer>, lines: number): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += chunk.toString('utf8');
    if (text.length > ANSWER_BYTES_MAX) break;
    if (lines > 0 && text.split('\n').length > lines) break;
  }
  return text;
}
