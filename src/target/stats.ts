/** Counters and gauges in the answer of Envoy's `/stats?format=json`, by name; histograms are left out. Throws for what is no such answer. */
export function parseStats(body: string): Record<string, number> {
  const { stats } = JSON.parse(body) as { stats: { name?: string; value?: unknown }[] };
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
