import type { EdgeUnderTest } from '../../src/experiment/edge-under-test.ts';
import type { Traffic } from '../../src/experiment/traffic.ts';
import { arrivalOffsetsMs } from '../../src/load/arrivals.ts';
import type { Exchange } from '../../src/load/exchange.ts';
import { runOpenLoop } from '../../src/load/open-loop.ts';
import { grpcOutcome, httpOutcome } from '../../src/load/outcome.ts';
import { seededRandom } from '../../src/load/random.ts';
import type { Resource } from '../../src/manifests/world.ts';
import type { AccessLogEntry } from '../../src/target/access-log.ts';
import type { Target } from '../../src/target/target.ts';

/** How a {@link fakeMesh} differs from one that does what it is told. */
export interface Sabotage {
  /** Retries that the caller's sidecar really makes when `attempts: n` is applied. */
  retriesMade?: (attempts: number) => number;
  /** Probability with which the fault really strikes when p is applied. */
  strength?: (probability: number) => number;
  /** Whether the callee's sidecar loses every so-manieth log line. */
  losesEveryLine?: number;
  /** Edges that answer 503 for a reason of their own while a fault is applied. */
  brokenEdges?: string[];
  /** Whether the request of this number, from 1, gets a 503 for a reason of its own. */
  failsRequest?: (count: number) => boolean;
  /** How late requests are sent, in ms. */
  lagMs?: number;
  /** Counters of retries that the caller's sidecar does not expose. */
  hidesRetries?: boolean;
  /** The generator ends after so many requests. */
  losesGenerator?: number;
  /** Thrown by the apply of this number, from 1. */
  failsApply?: number;
  /** Whether the revert leaves the fault behind. */
  keepsFault?: boolean;
  /** How many requests after each change are still served the old way, as on connections that are open; none of a target whose changes reach them. */
  servesOldWay?: number;
  onRequest?: (count: number) => void;
}

/** A mesh in a variable: keeps what was applied, and answers requests as Envoy would, by a seeded draw. */
export interface FakeMesh {
  target: Target;
  traffic: Traffic;
  /** `KIND/NAME` of everything applied and not reverted. */
  applied(): string[];
  /** Everything that was ever applied. */
  history: string[];
  /** What was asked of it, in order: `apply OWNER`, `revert OWNER`, `load PREFIX COUNT`. */
  events: string[];
}

interface RouteBody {
  name?: string;
  retries?: { attempts?: number };
}

const routeAttempts = (resources: Resource[], edge: EdgeUnderTest): number => {
  const operation = edge.call.operation.split('.')[1] ?? '';
  const service = resources.find(
    ({ kind, metadata }) => kind === 'VirtualService' && metadata.name === edge.service,
  );
  const { http = [] } = (service?.body.spec ?? {}) as { http?: RouteBody[] };
  const route =
    http.find(({ name }) => name === `${operation}-from-${edge.caller}`) ??
    http.find(({ name }) => name === operation);
  // Without a policy of its own, the shop's: two retries.
  return route === undefined ? 2 : (route.retries?.attempts ?? 2);
};

interface FaultBody {
  configPatches: { patch: { value: { typed_per_filter_config: Record<string, HttpFault> } } }[];
}
interface HttpFault {
  abort: { percentage: { numerator: number } };
  headers: [{ string_match: { prefix: string } }];
}

const faultOn = (resources: Resource[], service: string, requestId: string): number => {
  const filter = resources.find(
    ({ kind, metadata }) => kind === 'EnvoyFilter' && metadata.name.endsWith(service),
  );
  if (filter === undefined) return 0;
  const [patch] = (filter.body.spec as FaultBody).configPatches;
  const fault = patch?.patch.value.typed_per_filter_config['envoy.filters.http.fault'];
  if (fault === undefined || !requestId.startsWith(fault.headers[0].string_match.prefix)) return 0;
  return fault.abort.percentage.numerator / 1_000_000;
};

const line = (edge: EdgeUnderTest, requestId: string, attempt: number, failed: boolean) =>
  ({
    time: '2026-01-01T00:00:00.000Z',
    pod: `${edge.service}-0`,
    workload: edge.service,
    direction: 'inbound',
    requestId,
    method: null,
    path: null,
    authority: null,
    status: failed && edge.protocol === 'http' ? 503 : 200,
    grpcStatus: edge.protocol === 'grpc' ? (failed ? 14 : 0) : null,
    flags: failed ? 'FI' : '-',
    details: null,
    attempts: 0,
    attemptHeader: attempt,
    upstreamCluster: null,
    upstreamHost: null,
    durationMs: 1,
    peer: null,
    transportFailure: null,
    traceId: null,
  }) satisfies AccessLogEntry;

/** A {@link FakeMesh}; the same seed gives the same draws. */
export function fakeMesh(seed: number, sabotage: Sabotage = {}): FakeMesh {
  const random = seededRandom(seed);
  const owners = new Map<string, Resource[]>();
  const logs = new Map<string, AccessLogEntry[]>();
  const counters = new Map<string, Record<string, number>>();
  const history: string[] = [];
  const events: string[] = [];
  const { servesOldWay = 0 } = sabotage;
  /** By owner: what its open connections still know, and how many requests they serve. */
  const open = new Map<string, { resources: Resource[]; left: number }>();
  let requests = 0;
  let applies = 0;
  let lines = 0;
  const all = (): Resource[] => [...owners.values()].flat();
  const names = (): string[] => all().map(({ kind, metadata }) => `${kind}/${metadata.name}`);

  const log = (entry: AccessLogEntry): void => {
    lines++;
    if (sabotage.losesEveryLine !== undefined && lines % sabotage.losesEveryLine === 0) return;
    const kept = logs.get(entry.workload) ?? [];
    kept.push(entry);
    logs.set(entry.workload, kept);
  };
  const countersOf = (edge: EdgeUnderTest): Record<string, number> => {
    const name = `cluster.outbound|${edge.call.authority.split(':')[1]}||${edge.host}`;
    const found = counters.get(edge.caller) ?? {};
    for (const kind of ['total', 'retry', 'retry_success', 'retry_limit_exceeded']) {
      found[`${name}.upstream_rq_${kind}`] ??= 0;
    }
    counters.set(edge.caller, found);
    return found;
  };
  const add = (edge: EdgeUnderTest, kind: string): void => {
    const found = countersOf(edge);
    const key = Object.keys(found).find(
      (name) => name.includes(edge.host) && name.endsWith(`.upstream_rq_${kind}`),
    );
    if (key !== undefined) found[key] = (found[key] ?? 0) + 1;
  };

  const change = (owner: string, make: () => void): void => {
    open.set(owner, { resources: all(), left: servesOldWay });
    make();
  };
  const servedBy = (edge: EdgeUnderTest): Resource[] => {
    for (const [owner, connections] of open) {
      if (!owner.endsWith(`-${edge.service}`) || connections.left === 0) continue;
      connections.left--;
      return connections.resources;
    }
    return all();
  };

  const exchange = (edge: EdgeUnderTest, requestId: string): boolean => {
    const applied = servedBy(edge);
    const attempts = routeAttempts(applied, edge);
    const retries = sabotage.retriesMade?.(attempts) ?? attempts;
    const set = faultOn(applied, edge.service, requestId);
    const probability = sabotage.strength?.(set) ?? set;
    for (let attempt = 1; ; attempt++) {
      const failed = random() < probability;
      add(edge, 'total');
      if (attempt > 1) add(edge, 'retry');
      log(line(edge, requestId, attempt, failed));
      if (!failed) {
        if (attempt > 1) add(edge, 'retry_success');
        return false;
      }
      if (attempt > retries) {
        if (retries > 0) add(edge, 'retry_limit_exceeded');
        return true;
      }
    }
  };

  const checkGenerator = (): void => {
    if (requests >= (sabotage.losesGenerator ?? Number.POSITIVE_INFINITY)) {
      throw new Error('the load agent has ended');
    }
  };
  const send = async (edge: EdgeUnderTest, requestId: string): Promise<Exchange> => {
    requests++;
    sabotage.onRequest?.(requests);
    const broken =
      sabotage.brokenEdges?.includes(edge.id) === true &&
      names().some((name) => name.startsWith('EnvoyFilter/'));
    const unlucky = sabotage.failsRequest?.(requests) === true;
    const failed = exchange(edge, requestId) || broken || unlucky;
    const sentMs = performance.now() + (sabotage.lagMs ?? 0);
    const outcome =
      edge.protocol === 'http' ? httpOutcome(failed ? 503 : 200) : grpcOutcome(failed ? 14 : 0);
    return { outcome, sentMs, firstByteMs: sentMs, doneMs: sentMs };
  };

  return {
    history,
    events,
    applied: names,
    target: {
      name: 'local',
      changesReachOpenConnections: servesOldWay === 0,
      renew: async () => true,
      owners: async () => [...owners.keys()],
      workloads: async () => [],
      ingress: async () => null,
      close: async () => {},
      apply: async (owner, resources) => {
        applies++;
        if (applies === sabotage.failsApply) throw new Error('the mesh is gone');
        events.push(`apply ${owner}`);
        change(owner, () => owners.set(owner, resources));
        history.push(...names());
        return { changed: names(), proxies: 2, enforcedMs: 5 };
      },
      revert: async (owner) => {
        events.push(`revert ${owner}`);
        const stood = sabotage.keepsFault === true ? [] : (owners.get(owner) ?? []);
        if (stood.length > 0) change(owner, () => owners.delete(owner));
        const changed = stood.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
        return { changed, proxies: 2, enforcedMs: 5 };
      },
      entry: async (_workload, authority) => ({ address: '127.0.0.1', port: 1, authority }),
      counters: async (workload, filter) => {
        const found = counters.get(workload.split('.')[0] ?? '') ?? {};
        const wanted = new RegExp(filter);
        return Object.fromEntries(
          Object.entries(found).filter(
            ([name]) =>
              wanted.test(name) && !(sabotage.hidesRetries === true && /_retry/.test(name)),
          ),
        );
      },
      accessLog: async (workload, mark) => {
        const entries = logs.get(workload.split('.')[0] ?? '') ?? [];
        return { entries: entries.slice(mark), mark: entries.length };
      },
      kill: async () => {},
      plaintext: async () => ({ connected: true, answer: '', problem: undefined }),
    },
    traffic: {
      open: async (edge) => {
        countersOf(edge);
        return {
          send: async (requestId) => {
            checkGenerator();
            return (await send(edge, requestId)).outcome;
          },
          run: async (plan, signal) => {
            const { arrivals, requests: count, seed: of, requestIdPrefix, maxOutstanding } = plan;
            events.push(`load ${requestIdPrefix} ${count}`);
            const report = await runOpenLoop({
              offsetsMs: arrivalOffsetsMs(arrivals, count, seededRandom(of)),
              send: (index) => send(edge, `${requestIdPrefix}${index}`),
              maxOutstanding,
              ...(signal === undefined ? {} : { signal }),
            });
            checkGenerator();
            return report;
          },
          close: async () => {},
        };
      },
      close: async () => {},
    },
  };
}
