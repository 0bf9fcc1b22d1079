import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';
import type { Outcome } from '../outcome.ts';
import type { LoadReport } from '../recorder.ts';
import type { RequestSource } from '../source.ts';
import { createLineReader } from './lines.ts';
import type { AgentLink } from './link.ts';
import {
  type Answer,
  checkHello,
  type Command,
  maxLineBytes,
  parseAnswer,
  type RequestSpec,
} from './protocol.ts';

/** A load agent that answers. */
export interface LoadAgent {
  /** Opens a source of requests. Rejects with `unreachable` for a name that cannot be looked up, and when the agent is gone. */
  open(request: RequestSpec): Promise<RequestSource>;
  /** Ends the agent; never rejects. */
  close(): Promise<void>;
}

type Unnumbered<C> = C extends Command ? Omit<C, 'id'> : never;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: WindtunnelError): void;
}

/** How long Node may take to start in a container with little CPU. */
const helloMs = 30_000;

/**
 * Waits for the agent's hello. Rejects with `preflight` when it speaks another version, `start-failed` when it ended or
 * stays silent; the link is closed then.
 */
export async function connectAgent(link: AgentLink, signal?: AbortSignal): Promise<LoadAgent> {
  const calls = createCalls(link);
  const abort = AbortSignal.any([...(signal === undefined ? [] : [signal]), calls.gone]);
  try {
    const late = sleep(helloMs, undefined, { signal: abort }).then(() => undefined);
    late.catch(() => {});
    const hello = await Promise.race([calls.hello, late]);
    if (hello === undefined) throw notStarted(link, `it said nothing within ${helloMs} ms`);
    checkHello(hello, link.where);
  } catch (thrown) {
    await link.close();
    if (thrown instanceof WindtunnelError) throw thrown;
    signal?.throwIfAborted();
    throw notStarted(link, await link.ended);
  }
  const pinging = keepInTouch(link, calls.ask);
  return {
    open: async (request) => sourceOf(calls.ask, request),
    async close() {
      clearInterval(pinging);
      await link.close();
    },
  };
}

function notStarted({ where }: AgentLink, why: string): WindtunnelError {
  return new WindtunnelError('start-failed', `the load agent of ${where} did not start: ${why}`, {
    next: 'Try again; if it stays, the reason above tells what it lacks.',
  });
}

function keepInTouch({ pingMs }: AgentLink, ask: Ask): NodeJS.Timeout | undefined {
  if (pingMs === undefined) return undefined;
  const pinging = setInterval(() => void ask({ do: 'ping' }).answer.catch(() => {}), pingMs);
  pinging.unref();
  return pinging;
}

/** Sends a command; gives its number and its answer. */
type Ask = (command: Unnumbered<Command>) => { id: number; answer: Promise<unknown> };

interface Calls {
  ask: Ask;
  /** The version that the agent said hello with. */
  hello: Promise<unknown>;
  /** Aborted when the agent has ended. */
  gone: AbortSignal;
}

/** Numbers the commands, and gives each its answer. When the agent ends, all that wait are rejected. */
function createCalls(link: AgentLink): Calls {
  const waiting = new Map<number, Waiting>();
  const hello = Promise.withResolvers<unknown>();
  const gone = new AbortController();
  let end: WindtunnelError | undefined;
  let numbers = 0;

  const take = (answer: Answer): void => {
    if ('hello' in answer) return hello.resolve(answer.hello.protocol);
    if ('due' in answer || answer.id === null) return;
    const waiter = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('done' in answer) return waiter?.resolve(answer.done);
    const { code, message, next } = answer.error;
    waiter?.reject(new WindtunnelError(code, message, next === undefined ? {} : { next }));
  };
  const receive = createLineReader(
    (line) => {
      const answer = parseAnswer(line);
      if (answer !== undefined) take(answer);
    },
    maxLineBytes,
    () => {},
  );
  link.output.on('data', receive);
  // What breaks the way to it shows as its end.
  link.output.on('error', () => {});
  link.input.on('error', () => {});
  void link.ended.then((how) => {
    end = new WindtunnelError('call-failed', `the load agent of ${link.where} has ended: ${how}`, {
      next: 'Run it again; the agent makes the requests, so without it there is no result.',
    });
    gone.abort();
    for (const { reject } of waiting.values()) reject(end);
    waiting.clear();
  });

  const ask: Ask = (command) => {
    const id = numbers++;
    const answer = new Promise<unknown>((resolve, reject) => {
      if (end !== undefined) return reject(end);
      waiting.set(id, { resolve, reject });
      link.input.write(`${JSON.stringify({ ...command, id })}\n`);
    });
    return { id, answer };
  };
  return { ask, hello: hello.promise, gone: gone.signal };
}

async function sourceOf(ask: Ask, request: RequestSpec): Promise<RequestSource> {
  const opening = ask({ do: 'open', request });
  const source = opening.id;
  await opening.answer;
  return {
    // The agent is of this version: its hello said so. What it answers needs no second check.
    send: async (requestId) => (await ask({ do: 'send', source, requestId }).answer) as Outcome,
    async run(plan, signal) {
      const { id, answer } = ask({ do: 'run', source, plan });
      const stop = (): void => void ask({ do: 'stop', run: id }).answer.catch(() => {});
      if (signal?.aborted === true) stop();
      signal?.addEventListener('abort', stop, { once: true });
      try {
        return (await answer) as LoadReport;
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    },
    async close() {
      // One that has ended has no connections.
      await ask({ do: 'close', source }).answer.catch(() => {});
    },
  };
}
