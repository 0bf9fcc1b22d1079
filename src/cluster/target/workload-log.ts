import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessLogEntry, parseAccessLogLine } from '../../target/access-log.ts';
import type { Kube } from '../kube/client.ts';
import { readContainerLog } from '../kube/container-log.ts';
import type { EnvoyAdmin } from './admin.ts';
import { createLogBuffer } from './log-buffer.ts';
import { followLog, type LogFollower } from './log-follower.ts';
import { type ClusterPod, type ClusterWorkload, type PodView, sidecarContainer } from './pods.ts';

/** The access logs of all sidecars of one workload, as one sequence that only grows. */
export interface WorkloadLog {
  /** Follows the pods that are new. */
  take(workload: ClusterWorkload): void;
  /** Makes the sidecars flush, and waits until what the kubelet has by then has arrived here. */
  settle(): Promise<void>;
  /** Lines from `mark` on, the mark for the next call, and how many lines were dropped between. */
  since(mark: number): { entries: AccessLogEntry[]; mark: number; lost: number };
  close(): void;
}

/** Lines that are kept of one workload: some 100 MB. */
export const maxLines = 100_000;
/** With how many of the lines that were there before it begins. */
const tailLines = 2000;
/** From Envoy's flush to the line in the kubelet's file; 3 ms were measured. */
const flushMs = 30;
/** How long a follower may lag behind the file. */
const catchUpMs = 3000;

/** Whether a line is one of ours, and not one of the agent beside Envoy, which can be JSON too. */
export function isAccessLog(line: string): boolean {
  return (
    line.startsWith('{') && line.includes('"upstreamCluster"') && line.includes('"durationMs"')
  );
}

/** Makes a {@link WorkloadLog} that follows the pods of `first` from their last lines on, and later ones from their first. */
export function createWorkloadLog(
  kube: Kube,
  view: PodView,
  admin: EnvoyAdmin,
  first: ClusterWorkload,
): WorkloadLog {
  const buffer = createLogBuffer<{ pod: string; text: string }>(maxLines);
  /** By the id of the sidecar's container: one that was started again has a new log. */
  const followers = new Map<string, LogFollower>();
  const abort = new AbortController();
  let workload = first;

  const follow = (pod: ClusterPod, id: string, old: boolean): LogFollower => {
    const container = { namespace: pod.namespace, pod: pod.name, container: sidecarContainer };
    return followLog({
      source: (range, signal) =>
        readContainerLog(kube, container, { ...range, follow: true }, signal),
      onLine: (text) => {
        if (isAccessLog(text)) buffer.add({ pod: pod.name, text });
      },
      goesOn: async () => {
        const workloads = await view.workloads(1000);
        return workloads.some(({ pods }) => pods.some(({ sidecarId }) => sidecarId === id));
      },
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

  const settle = async ({ namespace, name: pod, sidecarId = '' }: ClusterPod): Promise<void> => {
    // A pod that goes away meanwhile has flushed at its end.
    await admin.ask({ namespace, pod }, 'POST', '/reopen_logs').catch(() => {});
    await sleep(flushMs);
    const time = await lastTimeOf(kube, { namespace, pod }, abort.signal);
    await followers.get(sidecarId)?.reached(time, catchUpMs);
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
      const direction = workload.gateway ? ({ direction: 'gateway' } as const) : {};
      const entries = lines.flatMap(({ pod, text }) => {
        const entry = parseAccessLogLine(text, { pod, workload: workload.name, ...direction });
        return entry === undefined ? [] : [entry];
      });
      return { entries, mark: buffer.end(), lost };
    },
    close: () => {
      abort.abort();
      for (const follower of followers.values()) follower.close();
    },
  };
}

/** Time of the last line in the kubelet's file now; empty when there is none, or the pod has gone. */
async function lastTimeOf(
  kube: Kube,
  { namespace, pod }: { namespace: string; pod: string },
  signal: AbortSignal,
): Promise<string> {
  const container = { namespace, pod, container: sidecarContainer };
  let time = '';
  try {
    for await (const line of readContainerLog(kube, container, { tailLines: 1 }, signal)) {
      time = line.slice(0, line.indexOf(' '));
    }
  } catch {
    return '';
  }
  return time;
}
