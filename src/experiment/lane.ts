import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../errors.ts';
import { derivedSeed } from '../load/random.ts';
import type { LoadReport } from '../load/recorder.ts';
import type { RequestSource } from '../load/source.ts';
import type { AccessLogEntry } from '../target/access-log.ts';
import {
  type CallerCounters,
  counterDifference,
  counterFilter,
  countAttempts,
  crossChecks,
  type Evidence,
  gatherEvidence,
  readCounters,
} from './evidence.ts';
import { compileFault, type Fault, faultOutcome } from './faults/fault.ts';
import type { EdgeUnderTest } from './edge-under-test.ts';
import type { Factors } from './language.ts';
import type { Target } from '../target/target.ts';
import { ownerOf } from './owners.ts';
import { asResource, type ResourceBody } from './resource.ts';
import type { RunContext } from './run-context.ts';

/** One edge of the experiment: where its requests enter, and how to load it and see what happened. */
export interface Lane {
  edge: EdgeUnderTest;
  /** Under which name its resources are applied, and reverted; the same in every run, so that a crashed one is mended. */
  owner: string;
  /** Makes one request. */
  probe(label: string): Promise<string>;
  /** Lays policy and fault over the manifests; resolves when every sidecar enforces them. */
  apply(policy: ResourceBody[], fault: Fault | null): Promise<{ enforcedMs: number }>;
  /** Sends `requests` on schedule and gathers what all parties saw; `label` names the load in request ids and seeds. */
  measure(label: string, requests: number, fault: Fault | null): Promise<Evidence>;
  revert(): Promise<void>;
  close(): Promise<void>;
}

/**
 * How long policy and fault stay when this process no longer says that it needs them. It says so every third of
 * that time: a busy machine may miss one or two, and a run that was killed leaves its fault for half a minute at most.
 */
const leaseMs = 30_000;

// Sidecars write a line when a request has ended, which may be after its caller has the answer.
const settleTries = 20;
const defaultSettleMs = 100;

/**
 * A burst that uses every open connection once, where only that ends those that still serve the old way: more requests
 * at once than any load of an experiment has under way on these edges.
 */
const burst = { requests: 100, ratePerSecond: 20_000 };

/**
 * Opens an edge of the experiment. Rejects with `bad-experiment` when the caller's sidecar does not expose the
 * counters that prove retries: Istio hides them unless the workload's `proxyStatsMatcher` includes them.
 */
export async function openLane<F extends Factors>(
  context: RunContext<F>,
  edge: EdgeUnderTest,
  tell: (text: string) => void,
): Promise<Lane> {
  const { experiment, options } = context;
  const { target } = options;
  const caller = `${edge.caller}.${edge.namespace}`;
  const callee = `${edge.service}.${edge.namespace}`;
  const owner = ownerOf(experiment.name, edge.service);
  const prefix = `wt-${options.runId}-${edge.service}-`;
  const source = await options.traffic.open(edge, experiment.load.timeoutMs, tell);
  // An abort must end requests that wait for an answer, not just those that are due.
  const cancel = (): void => void source.close();
  context.stop.addEventListener('abort', cancel, { once: true });
  let renewal: NodeJS.Timeout | undefined;

  return {
    edge,
    owner,
    async probe(label) {
      return (await source.send(`${prefix}${label}`)).label;
    },
    async apply(policy, fault) {
      const bodies = [...policy, ...(fault === null ? [] : compileFault(fault, prefix))];
      // A renewal that fails is not the end: the next one may succeed, and a lost target fails the run elsewhere.
      renewal ??= setInterval(() => void target.renew(owner, leaseMs).catch(() => {}), leaseMs / 3);
      const resources = bodies.map((body) => asResource(body, experiment.name));
      const report = await target.apply(owner, resources, leaseMs);
      await endOpenConnections(context, source, `${prefix}applied-`);
      return report;
    },
    async measure(label, requests, fault) {
      const loadPrefix = `${prefix}${label}-`;
      // A mark beyond the end asks for the end: nothing that was written before belongs to this load.
      const { mark } = await target.accessLog(callee, Number.MAX_SAFE_INTEGER);
      const before = await readCaller(target, caller, edge);
      const load = await sendLoad(context, edge, source, loadPrefix, label, requests);
      const look = createLook(target, caller, callee, edge, mark);
      for (let attempt = 1; ; attempt++) {
        const { after, lines } = await look();
        const evidence = gatherEvidence(
          load,
          counterDifference(before, after),
          countAttempts(lines, loadPrefix),
          fault === null ? 'none' : faultOutcome(fault),
        );
        const settled = crossChecks(evidence).every(({ holds }) => holds);
        if (settled || attempt === settleTries || context.stop.aborted) return evidence;
        await sleep(options.settleMs ?? defaultSettleMs);
      }
    },
    async revert() {
      clearInterval(renewal);
      renewal = undefined;
      const { changed } = await target.revert(owner);
      if (changed.length > 0) await endOpenConnections(context, source, `${prefix}reverted-`);
    },
    async close() {
      clearInterval(renewal);
      context.stop.removeEventListener('abort', cancel);
      await source.close();
    },
  };
}

/** See {@link Target.changesReachOpenConnections}; what these requests meet is not measured. */
async function endOpenConnections<F extends Factors>(
  context: RunContext<F>,
  source: RequestSource,
  requestIdPrefix: string,
): Promise<void> {
  if (context.options.target.changesReachOpenConnections || context.stop.aborted) return;
  const { requests, ratePerSecond } = burst;
  const arrivals = { kind: 'constant' as const, ratePerSecond };
  const plan = { arrivals, requests, seed: 0, requestIdPrefix, maxOutstanding: requests };
  await source.run(plan, context.stop);
}

async function readCaller(
  target: Target,
  caller: string,
  edge: EdgeUnderTest,
): Promise<CallerCounters> {
  const read = readCounters(await target.counters(caller, counterFilter(edge)));
  if (read !== null) return read;
  throw new WindtunnelError(
    'bad-experiment',
    `the sidecar of ${caller} does not expose upstream_rq_retry for ${edge.host}: retries cannot be proven`,
    {
      next: 'Annotate the workload: proxy.istio.io/config with proxyStatsMatcher inclusionRegexps [".*upstream_rq_.*"].',
    },
  );
}

/** Looks at what both sidecars have told since `mark`: counters as they stand, and all log lines so far. */
function createLook(
  target: Target,
  caller: string,
  callee: string,
  edge: EdgeUnderTest,
  mark: number,
): () => Promise<{ after: CallerCounters; lines: AccessLogEntry[] }> {
  const lines: AccessLogEntry[] = [];
  let next = mark;
  return async () => {
    const after = await readCaller(target, caller, edge);
    const read = await target.accessLog(callee, next);
    next = read.mark;
    lines.push(...read.entries);
    return { after, lines };
  };
}

function sendLoad<F extends Factors>(
  context: RunContext<F>,
  edge: EdgeUnderTest,
  source: RequestSource,
  requestIdPrefix: string,
  label: string,
  requests: number,
): Promise<LoadReport> {
  const { arrivals, maxOutstanding } = context.experiment.load;
  const plan = {
    arrivals: { ...arrivals, ratePerSecond: context.ratePerSecond },
    requests,
    seed: derivedSeed(context.options.seed, `${edge.id}/${label}`),
    requestIdPrefix,
    maxOutstanding,
  };
  return source.run(plan, context.stop);
}
