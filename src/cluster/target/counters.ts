import { parseStats, sumStats } from '../../target/stats.ts';
import type { EnvoyAdmin } from './admin.ts';
import { type PodView, workloadNamed } from './pods.ts';

/** What `Target.counters` tells: of every pod that carries the workload's labels and whose sidecar runs. */
export async function readCounters(
  view: PodView,
  admin: EnvoyAdmin,
  workload: string,
  filter: string,
): Promise<Record<string, number>> {
  const { pods } = workloadNamed(await view.workloads(500), workload);
  const query = new URLSearchParams({ format: 'json', filter });
  const running = pods.filter(({ sidecarId }) => sidecarId !== undefined);
  return sumStats(
    await Promise.all(
      running.map(async ({ namespace, name: pod, terminating }) => {
        const path = `/stats?${query.toString()}`;
        try {
          return parseStats(await admin.ask({ namespace, pod }, 'GET', path));
        } catch (error) {
          // One that ends may be gone by now; any other must answer, or the sum would be wrong unseen.
          if (terminating) return {};
          throw error;
        }
      }),
    ),
  );
}
