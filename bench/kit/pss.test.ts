import { expect, test } from 'vitest';
import { sumByGroup } from './pss.ts';

const pods = [
  {
    uid: 'aa-11',
    namespace: 'shop',
    containers: [
      { id: 'c1', name: 'users' },
      { id: 'c2', name: 'istio-proxy' },
    ],
  },
  { uid: 'bb-22', namespace: 'istio-system', containers: [{ id: 'c3', name: 'istio-proxy' }] },
  { uid: 'cc-33', namespace: 'mine', containers: [{ id: 'c4', name: 'app' }] },
];

test('memory is summed by what a process belongs to, however the node writes cgroups', () => {
  const sums = sumByGroup(
    [
      { pssKib: 1024, cgroup: '0::/kubelet.slice/kubepods-podaa_11.slice/cri-c1.scope' },
      { pssKib: 2048, cgroup: '0::/kubepods/podaa-11/c2' },
      // The sandbox of the pod.
      { pssKib: 512, cgroup: '0::/kubepods/podaa-11/c9' },
      { pssKib: 4096, cgroup: '0::/kubepods/podbb-22/c3' },
      { pssKib: 8192, cgroup: '0::/kubepods/podcc-33/c4' },
      { pssKib: 16_384, cgroup: '1:cpu:/system.slice/containerd.service' },
    ],
    pods,
  );
  expect(sums).toEqual({
    Kubernetes: 16,
    'istiod, gateway, CNI': 4,
    sidecars: 2,
    services: 1.5,
    reaper: 0,
    observability: 0,
    others: 8,
  });
});
