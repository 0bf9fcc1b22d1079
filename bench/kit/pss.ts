import { sidecarContainer } from '../../src/cluster/labels.ts';
import { istioNamespace } from '../../src/cluster/up/istio.ts';
import type { BenchCluster } from './cluster.ts';

/** What a process belongs to. */
export const memoryGroups = [
  'Kubernetes',
  'istiod, gateway, CNI',
  'sidecars',
  'services',
  'reaper',
  'observability',
  'others',
] as const;
/** One of {@link memoryGroups}. */
export type MemoryGroup = (typeof memoryGroups)[number];

/** MiB of each group. */
export type MemoryByGroup = Record<MemoryGroup, number>;

/** One process of the node, and the cgroup it is in. */
export interface ProcessMemory {
  pssKib: number;
  cgroup: string;
}

/** A container as the API server knows it. */
export interface KnownContainer {
  id: string;
  name: string;
}

/** A pod with its containers; a process of a pod that is none of theirs is its sandbox. */
export interface KnownPod {
  uid: string;
  namespace: string;
  containers: KnownContainer[];
}

const groupOfNamespace: Record<string, MemoryGroup> = {
  'kube-system': 'Kubernetes',
  'local-path-storage': 'Kubernetes',
  [istioNamespace]: 'istiod, gateway, CNI',
  shop: 'services',
  'windtunnel-system': 'reaper',
  observability: 'observability',
};

// Processes that end meanwhile have no file any more. The line of the cgroup that names most is the longest one.
const script = `
for folder in /proc/[0-9]*; do
  [ "$folder" = "/proc/$$" ] && continue
  pss=$(awk '/^Pss:/ {print $2}' "$folder/smaps_rollup" 2>/dev/null)
  [ -n "$pss" ] || continue
  echo "$pss $(awk '{ if (length($0) > length(longest)) longest = $0 } END { print longest }' "$folder/cgroup" 2>/dev/null)"
done`;

/**
 * Sums the proportional set size (PSS) of processes by group: memory that several of them share is counted once, in equal parts.
 * A process of no pod is Kubernetes': kubelet, containerd, and what carries the containers.
 */
export function sumByGroup(
  processes: readonly ProcessMemory[],
  pods: readonly KnownPod[],
): MemoryByGroup {
  const sums = Object.fromEntries(memoryGroups.map((group) => [group, 0])) as MemoryByGroup;
  for (const { pssKib, cgroup } of processes) {
    sums[groupOf(cgroup, pods)] += pssKib / 1024;
  }
  return sums;
}

function groupOf(cgroup: string, pods: readonly KnownPod[]): MemoryGroup {
  // systemd writes the dashes of a uid as underscores.
  const pod = pods.find(
    ({ uid }) => cgroup.includes(uid) || cgroup.includes(uid.replaceAll('-', '_')),
  );
  // A static pod is known to its cgroup by a uid of its own; it is Kubernetes' as well.
  if (pod === undefined) return 'Kubernetes';
  const group = groupOfNamespace[pod.namespace] ?? 'others';
  const container = pod.containers.find(({ id }) => cgroup.includes(id));
  return group === 'services' && container?.name === sidecarContainer ? 'sidecars' : group;
}

/** Reads the memory of all processes of the cluster's node. */
export async function readMemory({ tools, node, kube }: BenchCluster): Promise<MemoryByGroup> {
  const { items } = await kube.core.listPodForAllNamespaces();
  const output = await tools.output('docker', ['exec', node, 'sh', '-c', script]);
  const processes = output
    .trim()
    .split('\n')
    .map((line): ProcessMemory => {
      const [pss = '0', ...cgroup] = line.split(' ');
      return { pssKib: Number(pss), cgroup: cgroup.join(' ') };
    });
  const pods = items.map(({ metadata, status }): KnownPod => {
    const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
    const containers = all.flatMap(({ name, containerID }) =>
      containerID === undefined ? [] : [{ name, id: containerID.replace(/^.*:\/\//, '') }],
    );
    return { uid: metadata?.uid ?? '?', namespace: metadata?.namespace ?? '', containers };
  });
  return sumByGroup(processes, pods);
}
