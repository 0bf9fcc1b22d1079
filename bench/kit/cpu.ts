import type { BenchCluster } from './cluster.ts';

/** CPU time that containers have used. */
export interface CpuReader {
  /** Milliseconds since each began, by container id. */
  read(): Promise<Map<string, number>>;
}

// Version 1 counts nanoseconds in a file of its own, version 2 microseconds among others.
const findScript = `
root=/sys/fs/cgroup; [ -d $root/cpuacct ] && root=$root/cpuacct
for id in "$@"; do
  folder=$(find $root -type d -name "*$id*" | head -n 1)
  for file in cpuacct.usage cpu.stat; do
    [ -n "$folder" ] && [ -f "$folder/$file" ] && echo "$id $folder/$file" && break
  done
done`;

/** Reads the counters that the kernel keeps of each container's cgroup. Throws when one has none. */
export async function createCpuReader(
  { tools, node }: Pick<BenchCluster, 'tools' | 'node'>,
  containerIds: readonly string[],
): Promise<CpuReader> {
  const args = ['exec', node, 'sh', '-c', findScript, 'sh', ...containerIds];
  const found = (await tools.output('docker', args))
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [string, string]);
  const files = new Map(found);
  const missing = containerIds.filter((id) => !files.has(id));
  if (missing.length > 0) throw new Error(`no CPU counter of container ${missing.join(', ')}`);
  const readScript = 'for file in "$@"; do echo "$file $(head -n 1 "$file")"; done';
  return {
    async read() {
      const read = ['exec', node, 'sh', '-c', readScript, 'sh', ...files.values()];
      const values = new Map<string, number>();
      for (const line of (await tools.output('docker', read)).trim().split('\n')) {
        const [file = '', ...words] = line.split(' ');
        const number = Number(words.at(-1));
        values.set(file, file.endsWith('cpu.stat') ? number / 1e3 : number / 1e6);
      }
      return new Map([...files].map(([id, file]) => [id, values.get(file) ?? Number.NaN]));
    },
  };
}

/** Milliseconds between two readings, all containers together. */
export function usedMs(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  containerIds: readonly string[],
): number {
  return containerIds.reduce(
    (sum, id) => sum + (after.get(id) ?? Number.NaN) - (before.get(id) ?? Number.NaN),
    0,
  );
}
