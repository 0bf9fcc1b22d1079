import { describe, expect, test } from 'vitest';
import { choosePod } from './entry.ts';
import { gatewayPorts } from './ingress.ts';
import { type ClusterPod, groupPods, readPod, workloadNamed } from './pods.ts';
import { isAccessLog } from './workload-log.ts';

const pod = (name: string, more: Partial<ClusterPod> = {}): ClusterPod => ({
  namespace: 'shop',
  name,
  labels: { app: name.split('-')[0] ?? '' },
  node: 'node',
  container: 'app',
  containerId: `containerd://${name}`,
  sidecar: true,
  sidecarId: `containerd://${name}-proxy`,
  ready: true,
  terminating: false,
  ...more,
});

describe('what is known of pods', () => {
  test('the sidecar is found as a container and as an init container that goes on', () => {
    const running = { running: {} };
    const app = { name: 'users', state: running, containerID: 'containerd://1' };
    const proxy = { name: 'istio-proxy', state: running, containerID: 'containerd://2' };
    const plain = readPod({
      metadata: { name: 'users-1', namespace: 'shop' },
      spec: { containers: [{ name: 'istio-proxy' }, { name: 'users' }] },
      status: { containerStatuses: [app, proxy] as never },
    });
    const native = readPod({
      metadata: { name: 'users-1', namespace: 'shop' },
      spec: { containers: [{ name: 'users' }], initContainers: [{ name: 'istio-proxy' }] },
      status: { containerStatuses: [app] as never, initContainerStatuses: [proxy] as never },
    });
    for (const read of [plain, native]) {
      expect(read).toMatchObject({ container: 'users', containerId: 'containerd://1' });
      expect(read).toMatchObject({ sidecar: true, sidecarId: 'containerd://2', ready: false });
    }
  });

  test('pods are put to their workloads, load Jobs to their caller, gateways from other namespaces', () => {
    const controllers = [
      { name: 'users', namespace: 'shop', selector: { app: 'users' } },
      { name: 'plain', namespace: 'shop', selector: { app: 'plain' } },
      { name: 'gateway', namespace: 'istio-system', selector: { app: 'gateway' } },
      { name: 'istiod', namespace: 'istio-system', selector: { app: 'istiod' } },
    ];
    const gateway = pod('gateway-1', {
      namespace: 'istio-system',
      labels: { app: 'gateway', istio: 'ingressgateway' },
    });
    const pods = [
      pod('users-1'),
      pod('users-load', {
        ready: false,
        labels: { app: 'users', 'batch.kubernetes.io/job-name': 'x' },
      }),
      pod('plain-1', { sidecar: false }),
      gateway,
      pod('istiod-1', { namespace: 'istio-system' }),
    ];
    const groups = groupPods(controllers, pods, [{ istio: 'ingressgateway' }], 'shop');
    expect(groups.map(({ name, gateway, pods }) => [name, gateway, pods.length])).toEqual([
      ['users', false, 2],
      ['gateway', true, 1],
    ]);
    expect(workloadNamed(groups, 'users.shop').name).toBe('users');
    expect(() => workloadNamed(groups, 'plain')).toThrow(
      /there are users.shop, gateway.istio-system/,
    );
  });

  test('connections start in a pod that is ready and stays, and never in a load Job', () => {
    const job = pod('users-load', { labels: { 'batch.kubernetes.io/job-name': 'x' } });
    const ending = pod('users-1', { terminating: true });
    const starting = pod('users-2', { ready: false });
    expect(choosePod([job, ending, starting, pod('users-3')])?.name).toBe('users-3');
    expect(choosePod([job, ending, starting])?.name).toBe('users-1');
    expect(choosePod([job, pod('users-4', { sidecarId: undefined })])).toBeUndefined();
  });

  test('the port of a gateway is followed through its Service to its pod', () => {
    const gateway = {
      metadata: { labels: { istio: 'ingressgateway' } },
      spec: { containers: [{ name: 'p', ports: [{ name: 'http2', containerPort: 8080 }] }] },
    };
    const service = (targetPort: number | string) => ({
      spec: {
        selector: { istio: 'ingressgateway' },
        ports: [{ port: 80, targetPort, nodePort: 30080 }],
      },
    });
    expect(gatewayPorts(80, [service(8081)], gateway)).toEqual({
      targetPort: 8081,
      nodePort: 30080,
    });
    expect(gatewayPorts(80, [service('http2')], gateway).targetPort).toBe(8080);
    expect(gatewayPorts(80, [], gateway)).toEqual({ targetPort: 80, nodePort: undefined });
  });
});

describe('what sidecars tell', () => {
  test('lines of the agent are no access log, whatever their format', () => {
    expect(isAccessLog('2026-01-01T00:00:00Z\tinfo\tEnvoy proxy is ready')).toBe(false);
    expect(isAccessLog('{"level":"info","msg":"Envoy proxy is ready"}')).toBe(false);
    expect(isAccessLog('{"durationMs":1,"upstreamCluster":null}')).toBe(true);
  });
});
