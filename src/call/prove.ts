import type { AccessLogEntry, Entry, MeshControl } from '../mesh/control.ts';
import type { Call } from '../topology/calls.ts';
import { principalOf } from '../topology/derive.ts';
import {
  type EdgeExample,
  edgeExamples,
  fillNeeds,
  isIngressExample,
} from '../topology/examples.ts';
import type { Topology } from '../topology/model.ts';
import { collectHops, type LogMarks, markLogs } from './hops.ts';
import { contextHeaders, newRequestId, type CallOutcome } from './outcome.ts';
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
  control: Pick<MeshControl, 'status' | 'accessLog' | 'entry'>;
  projectDir: string;
  signal: AbortSignal;
  /** Told of each edge as it is done. */
  onProof?(proof: EdgeProof): void;
}

/**
 * Makes one real call over every declared edge, as its caller, through the caller's own sidecar.
 *
 * An edge is proven when the answer is the one that its example names, the callee's sidecar has logged
 * the request, and the identity it verified there is the caller's. Edges whose example needs the answer
 * of another come after it.
 */
export async function proveEdges(options: ProveOptions): Promise<EdgeProof[]> {
  const proofs: EdgeProof[] = [];
  const answers = new Map<string, unknown>();
  const marks = await markLogs(options.control);
  for (const example of edgeExamples(options.topology)) {
    options.signal.throwIfAborted();
    const proof = await proveEdge(example, answers, marks, options);
    proofs.push(proof);
    options.onProof?.(proof);
  }
  return proofs;
}

const proveEdge = async (
  example: EdgeExample,
  answers: Map<string, unknown>,
  marks: LogMarks,
  options: ProveOptions,
): Promise<EdgeProof> => {
  const { control, projectDir, signal, topology } = options;
  const base = { edge: example.id, proven: false, status: 'not called', durationMs: 0 };
  const values: Record<string, string> = {};
  for (const { parameter, edge, field } of example.needs) {
    const value = (answers.get(edge) as Record<string, unknown> | undefined)?.[field];
    if (typeof value !== 'string') {
      return {
        ...base,
        problems: [`it needs '${field}' of the answer of ${edge}, which has none`],
      };
    }
    values[parameter] = value;
  }
  const call = fillNeeds(example, values);
  const requestId = newRequestId();
  const entry = await entryOf(example, call, control);
  const headers = contextHeaders(requestId);
  const outcome = await sendCall(call, { projectDir, entry, headers, signal });
  answers.set(example.id, outcome.answers[0]);
  const { service } = example.edge;
  const arrived = (hop: AccessLogEntry): boolean =>
    hop.direction === 'inbound' && hop.workload === service;
  const hops = await collectHops(control, requestId, marks, (found) => found.some(arrived));
  const principal = `spiffe://${principalOf(topology, example.caller)}`;
  const problems = [
    ...answerProblems(call, outcome),
    ...identityProblems(hops.filter(arrived), service, principal),
  ];
  const { status, durationMs } = outcome;
  return { edge: example.id, proven: problems.length === 0, status, durationMs, problems };
};

const entryOf = async (
  example: EdgeExample,
  call: Call,
  control: ProveOptions['control'],
): Promise<Entry> => {
  if (!isIngressExample(example)) return control.entry(example.caller, call.authority);
  // The gateway's own port: callers outside the mesh have no sidecar.
  const { entry } = await control.status();
  return { address: '127.0.0.1', port: entry?.port ?? 0, authority: call.authority };
};

const answerProblems = (call: Call, outcome: CallOutcome): string[] => {
  if (call.protocol === 'grpc') return outcome.ok ? [] : [outcome.problem ?? outcome.status];
  const { status } = call.expect;
  if (outcome.code === status) return [];
  return [`expected HTTP ${status}, got ${outcome.problem ?? outcome.status}`];
};

const identityProblems = (arrived: AccessLogEntry[], service: string, principal: string) => {
  if (arrived.length === 0) return [`the sidecar of ${service} has logged no such request`];
  const wrong = arrived.find(({ peer }) => peer !== principal);
  if (wrong === undefined) return [];
  return [`${wrong.pod} verified ${wrong.peer ?? 'nobody'} as its caller, not ${principal}`];
};
