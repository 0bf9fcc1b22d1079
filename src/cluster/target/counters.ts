import type { EnvoyAdmin } from './admin.ts';
import { type PodView, workloadNamed } from './pods.ts';

/** Counters and gauges in the answer of `/stats?format=json`, by name; histograms are left out. Throws for what is no JSON. */
export function parseStats(body: string): Record<string, number> {
  const { stats = [] } = JSON.parse(body) as { stats?: { name?: string; value?: unknown }[] };
  return Object.fromEntries(
    stats.flatMap(({ name, value }) =>
      name !== undefined && typeof value === 'number' ? [[name, value]] : [],
    ),
  );
}

/** Sums by name. */
export function sumStats(all: Record<string, number>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [name, value] of all.flatMap((stats) => Object.entries(stats))) {
    total[name] = (total[name] ?? 0) + value;
  }
  return total;
}

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
