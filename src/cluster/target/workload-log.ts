import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';
import { type AccessLogEntry, parseAccessLogLine } from '../../target/access-log.ts';
import type { LogRange } from '../kube/container-log.ts';
import { kubeError } from '../kube/errors.ts';
import type { ContainerRef } from '../kube/exec.ts';
import { sidecarContainer } from '../labels.ts';
import type { EnvoyAdmin } from './admin.ts';
import { createLogBuffer } from './log-buffer.ts';
import { followLog, isAbsent, type LogFollower } from './log-follower.ts';
import type { ClusterPod, ClusterWorkload, PodView } from './pods.ts';

/** The access logs of all sidecars of one workload, as one sequence that only grows. */
export interface WorkloadLog {
  /** Follows the pods that are new. */
  take(workload: ClusterWorkload): void;
  /**
   * Makes the sidecars flush, and waits until what the kubelet has by then has arrived here. Throws why a log cannot be
   * read (`preflight`: the user may not), or `timeout` when its lines do not come: a line that is missing is no evidence.
   */
  settle(): Promise<void>;
  /**
   * Lines from `mark` on, the mark for the next call, and what is missing between: how many lines were dropped, and which
   * pods ended before their log could be read to the end. Mark 0 asks for no particular lines: none is missing.
   */
  since(mark: number): { entries: AccessLogEntry[]; mark: number; lost: number; gaps: string[] };
  close(): void;
}

/** Reads the lines of a container's log; see `readContainerLog`. */
export type ReadLog = (
  container: ContainerRef,
  range: LogRange,
  signal: AbortSignal,
) => AsyncIterable<string>;

/** A line of a pod's log, or why the rest of the log was not read. */
type Kept = { pod: string; text: string } | { pod: string; gap: string };

/** Lines that are kept of one workload: some 100 MB. */
export const maxLines = 100_000;
/** With how many of the lines that were there before it begins. */
const tailLines = 2000;
/** From Envoy's flush to the line in the kubelet's file; 3 ms were measured. */
const flushMs = 30;
/** So often Envoy flushes by itself, as Istio starts it (`--file-flush-interval-msec`). */
const ownFlushMs = 1000;
/** How long a follower may lag behind the file: a busy machine takes a second or two. */
const defaultCatchUpMs = 10_000;

/** Whether a line is one of ours, and not one of the agent beside Envoy, which can be JSON too. */
export function isAccessLog(line: string): boolean {
  return (
    line.startsWith('{') && line.includes('"upstreamCluster"') && line.includes('"durationMs"')
  );
}

/** Makes a {@link WorkloadLog} that follows the pods of `first` from their last lines on, and later ones from their first. */
export function createWorkloadLog(
  readLog: ReadLog,
  view: PodView,
  admin: Pick<EnvoyAdmin, 'ask'>,
  first: ClusterWorkload,
  catchUpMs: number = defaultCatchUpMs,
): WorkloadLog {
  const buffer = createLogBuffer<Kept>(maxLines);
  /** By the id of the sidecar's container: one that was started again has a new log. */
  const followers = new Map<string, LogFollower>();
  const abort = new AbortController();
  let workload = first;
  const runs = async (id: string, maxAgeMs: number): Promise<boolean> => {
    const workloads = await view.workloads(maxAgeMs);
    return workloads.some(({ pods }) => pods.some(({ sidecarId }) => sidecarId === id));
  };

  const follow = (pod: ClusterPod, id: string, old: boolean): LogFollower => {
    const container = { namespace: pod.namespace, pod: pod.name, container: sidecarContainer };
    return followLog({
      source: (range, signal) => readLog(container, { ...range, follow: true }, signal),
      onLine: (text) => {
        if (isAccessLog(text)) buffer.add({ pod: pod.name, text });
      },
      goesOn: () => runs(id, 1000),
      onLost: (problem) =>
        buffer.add({ pod: pod.name, gap: WindtunnelError.from(problem).message }),
      ...(old ? { tailLines } : {}),
    });
  };

  const take = (now: ClusterWorkload, old: boolean): void => {
    workload = now;
    for (const pod of now.pods) {
      const id = pod.sidecarId;
      if (id !== undefined && !followers.has(id)) followers.set(id, follow(pod, id, old));
    }
  };
  take(first, true);

  const settle = async (one: ClusterPod): Promise<void> => {
    await flush(admin, one);
    const { sidecarId = '' } = one;
    const time = await lastTimeOf(readLog, one, abort.signal);
    const follower = followers.get(sidecarId);
    if (follower === undefined || (await follower.reached(time, catchUpMs))) return;
    // The log of a sidecar that was started again is another's; what is missing of the one before is in the buffer.
    if (abort.signal.aborted || !(await runs(sidecarId, 0))) return;
    throw lagError(one, follower.problem(), time, catchUpMs);
  };

  return {
    take: (now) => take(now, false),
    settle: async () => {
      await Promise.all(
        workload.pods.filter(({ sidecarId }) => sidecarId !== undefined).map(settle),
      );
    },
    since: (mark) => {
      const { lines, lost } = buffer.since(mark);
      const gaps = lines.flatMap((one) => ('gap' in one ? [`${one.pod}: ${one.gap}`] : []));
      const entries = lines.flatMap((one) => ('gap' in one ? [] : parseLine(one, workload)));
      return { entries, mark: buffer.end(), lost, gaps: mark === 0 ? [] : gaps };
    },
    close: () => {
      abort.abort();
      for (const follower of followers.values()) follower.close();
    },
  };
}

/** Has a sidecar write its lines, and waits until they are in the kubelet's file. */
async function flush(
  admin: Pick<EnvoyAdmin, 'ask'>,
  { namespace, name, terminating }: ClusterPod,
): Promise<void> {
  const flushed = await admin.ask({ namespace, pod: name }, 'POST', '/reopen_logs').then(
    () => true,
    () => false,
  );
  // A pod that goes away meanwhile has flushed at its end.
  await sleep(flushed || terminating ? flushMs : ownFlushMs + flushMs);
}

/** Why lines that are in the kubelet's file are not here. */
function lagError(
  { namespace, name }: ClusterPod,
  problem: unknown,
  time: string,
  catchUpMs: number,
): WindtunnelError {
  const log = `the access log of pod ${namespace}/${name}`;
  if (problem !== undefined) return kubeError(problem, log);
  return new WindtunnelError(
    'timeout',
    `${log} lags ${catchUpMs / 1000} s behind: the lines until ${time} have not come`,
    { next: 'Send fewer requests at a time, or give the machine less to do meanwhile.' },
  );
}

function parseLine(
  { pod, text }: { pod: string; text: string },
  { name, gateway }: ClusterWorkload,
): AccessLogEntry[] {
  const direction = gateway ? ({ direction: 'gateway' } as const) : {};
  const entry = parseAccessLogLine(text, { pod, workload: name, ...direction });
  return entry === undefined ? [] : [entry];
}

/** Time of the last line in the kubelet's file now; empty when there is none, or the pod has gone. Throws why it cannot be read. */
async function lastTimeOf(
  readLog: ReadLog,
  { namespace, name: pod }: ClusterPod,
  signal: AbortSignal,
): Promise<string> {
  const container = { namespace, pod, container: sidecarContainer };
  let time = '';
  try {
    for await (const line of readLog(container, { tailLines: 1 }, signal)) {
      time = line.slice(0, line.indexOf(' '));
    }
  } catch (thrown) {
    if (signal.aborted || isAbsent(thrown)) return '';
    throw kubeError(thrown, `the access log of pod ${namespace}/${pod}`);
  }
  return time;
}
