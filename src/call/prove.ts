import type { AccessLogEntry } from '../target/access-log.ts';
import type { Target } from '../target/target.ts';
import type { Call } from '../topology/calls.ts';
import { principalOf } from '../topology/derive.ts';
import { type EdgeExample, edgeExamples, fillNeeds } from '../topology/examples.ts';
import type { Topology } from '../topology/model.ts';
import { entryOf } from './entry-of.ts';
import { collectHops, markLogs } from './hops.ts';
import { type CallOutcome, newRequestContext } from './outcome.ts';
import { sendCall } from './send.ts';

/** What was found of one declared edge. */
export interface EdgeProof {
  /** e.g. `storefront->users.get` */
  edge: string;
  proven: boolean;
  /** `HTTP 200`, `gRPC OK`. */
  status: string;
  durationMs: number;
  /** Why it is not proven: one sentence a reason. */
  problems: string[];
}

/** What {@link proveEdges} needs. */
export interface ProveOptions {
  topology: Topology;
  target: Pick<Target, 'workloads' | 'accessLog' | 'entry' | 'ingress'>;
  projectDir: string;
  signal: AbortSignal;
  /** Told of each edge before it is called. */
  onCall?(edge: string): void;
}

/**
 * Makes one real call over every declared edge, as its caller, through the caller's own sidecar.
 *
 * An edge is proven when the answer is the one that its example names, the callee's sidecar has logged
 * the request, and the identity it verified there is the caller's. Edges whose example needs the answer
 * of another come after it.
 */
export async function proveEdges(options: ProveOptions): Promise<EdgeProof[]> {
  const { target, signal, topology } = options;
  const marks = await markLogs(target);
  const answers = new Map<string, unknown>();
  const calls: MadeCall[] = [];
  for (const example of edgeExamples(topology)) {
    signal.throwIfAborted();
    options.onCall?.(example.id);
    calls.push(await makeCall(example, answers, options));
  }
  // All at the end: sidecars write their lines some time after the answer.
  const traceIds = calls.map(({ traceId }) => traceId);
  const arrivals = (hops: AccessLogEntry[], { example, traceId }: MadeCall): AccessLogEntry[] =>
    hops.filter(
      (hop) =>
        hop.traceId === traceId &&
        hop.direction === 'inbound' &&
        hop.workload === example.edge.service,
    );
  const hops = await collectHops(target, traceIds, marks, (found) =>
    calls.every((made) => made.outcome === undefined || arrivals(found, made).length > 0),
  );
  return calls.map((made) => judge(made, arrivals(hops, made), topology));
}

interface MadeCall {
  example: EdgeExample;
  traceId: string;
  call: Call;
  /** Undefined: it could not be made. */
  outcome: CallOutcome | undefined;
  problem: string | undefined;
}

async function makeCall(
  example: EdgeExample,
  answers: Map<string, unknown>,
  { target, projectDir, signal }: ProveOptions,
): Promise<MadeCall> {
  const { traceId, headers } = newRequestContext();
  const values: Record<string, string> = {};
  for (const { parameter, edge, field } of example.needs) {
    const value = (answers.get(edge) as Record<string, unknown> | undefined)?.[field];
    if (typeof value !== 'string') {
      const problem = `it needs '${field}' of the answer of ${edge}, which has none`;
      return { example, traceId, call: example.call, outcome: undefined, problem };
    }
    values[parameter] = value;
  }
  const call = fillNeeds(example, values);
  const entry = await entryOf(target, example.caller, call.authority);
  const outcome = await sendCall(call, { projectDir, entry, headers, signal });
  answers.set(example.id, outcome.answers[0]);
  return { example, traceId, call, outcome, problem: undefined };
}

function judge(made: MadeCall, arrived: AccessLogEntry[], topology: Topology): EdgeProof {
  const { call, example, outcome, problem } = made;
  if (outcome === undefined) {
    const problems = [problem ?? 'it was not called'];
    return { edge: example.id, proven: false, status: 'not called', durationMs: 0, problems };
  }
  const principal = `spiffe://${principalOf(topology, example.caller)}`;
  const problems = [
    ...answerProblems(call, outcome),
    ...identityProblems(arrived, example.edge.service, principal),
  ];
  const { status, durationMs } = outcome;
  return { edge: example.id, proven: problems.length === 0, status, durationMs, problems };
}

function answerProblems(call: Call, outcome: CallOutcome): string[] {
  if (call.protocol === 'grpc') return outcome.ok ? [] : [outcome.problem ?? outcome.status];
  const { status } = call.expect;
  if (outcome.code === status) return [];
  return [`expected HTTP ${status}, got ${outcome.problem ?? outcome.status}`];
}

function identityProblems(arrived: AccessLogEntry[], service: string, principal: string) {
  if (arrived.length === 0) return [`the sidecar of ${service} has logged no such request`];
  const wrong = arrived.find(({ peer }) => peer !== principal);
  if (wrong === undefined) return [];
  return [`${wrong.pod} verified ${wrong.peer ?? 'nobody'} as its caller, not ${principal}`];
}
