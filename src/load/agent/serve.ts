import { WindtunnelError } from '../../errors.ts';
import { arrivalOffsetsMs } from '../arrivals.ts';
import type { Sender } from '../exchange.ts';
import { runOpenLoop } from '../open-loop.ts';
import { seededRandom } from '../random.ts';
import type { LoadReport } from '../recorder.ts';
import type { LoadPlan } from '../source.ts';
import {
  type Answer,
  type Command,
  isMalformed,
  parseCommand,
  type RequestSpec,
} from './protocol.ts';

/** The agent apart from its process: lines in, answers out. */
export interface AgentService {
  /** Takes one line. Never throws: what is wrong with it is an answer. */
  receive(line: string): void;
  /** Ends all loads and connections. */
  close(): Promise<void>;
}

/** What {@link createAgentService} needs. */
export interface AgentServiceOptions {
  answer(answer: Answer): void;
  openSender(request: RequestSpec): Promise<Sender>;
}

/** Time between two lines about one run. */
const progressMs = 250;
/** More than any experiment has edges. */
const maxSources = 1000;

/** Makes an {@link AgentService}. Commands are worked on at the same time; each has one answer at its end. */
export function createAgentService({ answer, openSender }: AgentServiceOptions): AgentService {
  const sources = createSources(openSender);
  const runs = new Map<number, AbortController>();

  const run = async (id: number, sender: Sender, plan: LoadPlan): Promise<LoadReport> => {
    const stop = new AbortController();
    runs.set(id, stop);
    try {
      return await runPlan(sender, plan, stop.signal, (due) => answer({ id, due }));
    } finally {
      runs.delete(id);
    }
  };

  /** A `ping` does nothing: its answer is all of it. */
  const work = async (command: Command): Promise<unknown> => {
    switch (command.do) {
      case 'open':
        return sources.open(command.id, command.request);
      case 'send':
        return (await sources.of(command.source).send(command.requestId)).outcome;
      case 'run':
        return run(command.id, sources.of(command.source), command.plan);
      case 'stop':
        // One that has ended by itself has answered already.
        runs.get(command.run)?.abort();
        return null;
      case 'close':
        return sources.close(command.source);
      default:
        return null;
    }
  };

  return {
    receive(line) {
      const command = parseCommand(line);
      if (isMalformed(command)) {
        const { id, problem } = command;
        return answer({ id, error: { code: 'usage', message: problem } });
      }
      const { id } = command;
      work(command).then(
        (done) => answer({ id, done }),
        (thrown: unknown) => {
          const { code, message, next } = WindtunnelError.from(thrown);
          answer({ id, error: { code, message, ...(next === undefined ? {} : { next }) } });
        },
      );
    },
    async close() {
      for (const stop of runs.values()) stop.abort();
      await sources.closeAll();
    },
  };
}

/** The senders of an agent, by the number of the command that opened each. */
function createSources(openSender: AgentServiceOptions['openSender']) {
  const senders = new Map<number, Sender>();
  return {
    async open(id: number, request: RequestSpec): Promise<null> {
      if (senders.size >= maxSources || senders.has(id)) {
        const why = senders.has(id) ? `there is a source ${id}` : `there are ${maxSources} sources`;
        throw new WindtunnelError('usage', `${why} already`);
      }
      senders.set(id, await openSender(request));
      return null;
    },
    of(id: number): Sender {
      const found = senders.get(id);
      if (found !== undefined) return found;
      throw new WindtunnelError('usage', `source ${id} was never opened, or is closed`);
    },
    async close(id: number): Promise<null> {
      const sender = senders.get(id);
      senders.delete(id);
      await sender?.close();
      return null;
    },
    async closeAll(): Promise<void> {
      await Promise.all([...senders.values()].map((sender) => sender.close()));
      senders.clear();
    },
  };
}

/** Runs a load; `tell` hears now and then how many of its requests were due. Throws `bad-experiment` for one that cannot be. */
async function runPlan(
  sender: Sender,
  plan: LoadPlan,
  signal: AbortSignal,
  tell: (due: number) => void,
): Promise<LoadReport> {
  const { arrivals, requests, seed, requestIdPrefix, maxOutstanding } = plan;
  let toldMs = performance.now();
  return runOpenLoop({
    offsetsMs: arrivalOffsetsMs(arrivals, requests, seededRandom(seed)),
    send: (index) => sender.send(`${requestIdPrefix}${index}`),
    maxOutstanding,
    signal,
    onProgress: (due) => {
      if (performance.now() - toldMs < progressMs) return;
      toldMs = performance.now();
      tell(due);
    },
  });
}
