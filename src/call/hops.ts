import { setTimeout as sleep } from 'node:timers/promises';
import { compareText } from '../compare-text.ts';
import type { AccessLogEntry } from '../target/access-log.ts';
import type { Target } from '../target/target.ts';

/** Where the access logs of every workload stand: what is written later belongs to what happens now. */
export type LogMarks = Map<string, number>;

/** The part of {@link Target} that following a request needs. */
export type HopSource = Pick<Target, 'workloads' | 'accessLog'>;

/** Notes where every access log ends now. */
export async function markLogs(source: HopSource): Promise<LogMarks> {
  const workloads = await source.workloads();
  const ends = workloads.map((workload) => source.accessLog(workload, Number.MAX_SAFE_INTEGER));
  return new Map((await Promise.all(ends)).map(({ mark }, i) => [workloads[i] ?? '', mark]));
}

/**
 * Every line that the mesh wrote of the traces since `marks`, in the order of time: the caller's side
 * one line a request, the callee's one an attempt.
 *
 * Sidecars write a line when the request has ended, so the callee's may be late, a second and more when a stream's end
 * has to come through a forwarded port: this looks again, for `withinMs`, until the lines are `complete`.
 */
export async function collectHops(
  source: HopSource,
  traceIds: readonly string[],
  marks: LogMarks,
  complete: (hops: AccessLogEntry[]) => boolean,
  withinMs = 5000,
): Promise<AccessLogEntry[]> {
  const wanted = new Set(traceIds);
  const endMs = performance.now() + withinMs;
  for (;;) {
    const reads = [...marks].map(([workload, mark]) => source.accessLog(workload, mark));
    const entries = (await Promise.all(reads)).flatMap((read) => read.entries);
    const hops = entries.filter(({ traceId }) => wanted.has(traceId ?? ''));
    if (complete(hops) || performance.now() > endMs) return hops.sort(byTime);
    await sleep(50);
  }
}

// A caller's line starts before its callee's; within one millisecond outbound goes first.
const rank = { gateway: 0, outbound: 1, inbound: 2 } as const;

/** One line a hop: who called whom, what came of it, how many attempts, Envoy's flags, how long. */
export function renderHops(hops: AccessLogEntry[]): string[] {
  const rows = hops.map((hop) => {
    const outbound = hop.direction !== 'inbound';
    const who = outbound ? `${hop.pod} → ${service(hop.upstreamCluster)}` : `    at ${hop.pod}`;
    const status = hop.grpcStatus === null ? `${hop.status}` : `grpc ${hop.grpcStatus}`;
    const attempts = outbound
      ? `${hop.attempts} ${hop.attempts === 1 ? 'attempt' : 'attempts'}`
      : `attempt ${hop.attemptHeader ?? '?'}`;
    const detail = hop.details !== null && hop.details !== 'via_upstream' ? hop.details : '';
    return [who, status, attempts, `flags ${hop.flags}`, `${hop.durationMs} ms`, detail];
  });
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(0, ...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 4 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function byTime(a: AccessLogEntry, b: AccessLogEntry): number {
  return compareText(a.time, b.time) || rank[a.direction] - rank[b.direction];
}

function service(cluster: string | null): string {
  return cluster?.split('|')[3]?.split('.')[0] ?? '?';
}
