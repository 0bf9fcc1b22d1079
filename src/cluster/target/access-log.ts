import { WindtunnelError } from '../../errors.ts';
import type { AccessLogEntry } from '../../target/access-log.ts';
import type { Kube } from '../kube/client.ts';
import { readContainerLog } from '../kube/container-log.ts';
import type { EnvoyAdmin } from './admin.ts';
import { type PodView, workloadNamed } from './pods.ts';
import { createWorkloadLog, maxLines, type ReadLog, type WorkloadLog } from './workload-log.ts';

/** Reads the access logs of workloads; see `Target.accessLog`. */
export interface AccessLogs {
  read(workload: string, mark: number): Promise<{ entries: AccessLogEntry[]; mark: number }>;
  close(): void;
}

/** Pods that come are looked for that often, so that not even one that soon goes is missed. */
const lookIntervalMs = 2000;

/** Makes {@link AccessLogs} that follow the sidecars of a workload from its first read on, also of pods that come later. */
export function createAccessLogs(kube: Kube, view: PodView, admin: EnvoyAdmin): AccessLogs {
  const logs = new Map<string, WorkloadLog>();
  const readLog: ReadLog = (...given) => readContainerLog(kube, ...given);

  const look = async (): Promise<void> => {
    if (logs.size === 0) return;
    for (const workload of await view.workloads(lookIntervalMs / 2)) {
      logs.get(`${workload.name}.${workload.namespace}`)?.take(workload);
    }
  };
  // A cluster that does not answer now may answer the next time; a read says what is wrong.
  const looking = setInterval(() => void look().catch(() => {}), lookIntervalMs);
  looking.unref();

  return {
    read: async (wanted, mark) => {
      const workload = workloadNamed(await view.workloads(500), wanted);
      const key = `${workload.name}.${workload.namespace}`;
      const log = logs.get(key) ?? createWorkloadLog(readLog, view, admin, workload);
      logs.set(key, log);
      log.take(workload);
      await log.settle();
      const { lost, gaps, ...read } = log.since(mark);
      if (gaps.length > 0) {
        throw new WindtunnelError(
          'io',
          `the access log of ${wanted} is not whole: a pod ended before it was read to the end: ${gaps.join('; ')}`,
          { next: 'Check that the nodes are well (kubectl get nodes), then do it again.' },
        );
      }
      if (lost === 0) return read;
      throw new WindtunnelError(
        'io',
        `the access log of ${wanted} has had more than the ${maxLines} lines that are kept: ${lost} are lost`,
        { next: 'Send fewer requests at a time.' },
      );
    },
    close: () => {
      clearInterval(looking);
      for (const log of logs.values()) log.close();
    },
  };
}
