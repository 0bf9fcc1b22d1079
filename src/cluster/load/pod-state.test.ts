import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { loadPodState } from './pod-state.ts';

const running = { running: {} };
const container = (name: string, more: Partial<V1ContainerStatus> = {}): V1ContainerStatus => ({
  name,
  image: 'windtunnel/cli:0.1.0',
  imageID: '',
  ready: true,
  restartCount: 0,
  state: running,
  ...more,
});
const pod = (
  load: V1ContainerStatus | undefined,
  proxy: V1ContainerStatus | undefined,
  more: {
    phase?: string;
    reason?: string;
    conditions?: { type: string; status: string; message?: string }[];
  } = {},
): V1Pod => ({
  metadata: { name: 'windtunnel-load-a', namespace: 'shop' },
  spec: {
    containers: [{ name: 'load' }],
    initContainers: [{ name: 'istio-proxy', restartPolicy: 'Always' }],
  },
  status: {
    phase: 'Running',
    containerStatuses: load === undefined ? [] : [load],
    initContainerStatuses: proxy === undefined ? [] : [proxy],
    ...more,
  },
});
const waiting = (reason: string, message?: string): Partial<V1ContainerStatus> => ({
  ready: false,
  state: { waiting: { reason, ...(message && { message }) } },
});
const stateOf = (given: V1Pod | undefined, refusals: string[] = []) =>
  loadPodState('shop', given, refusals);

describe('the pod of a load Job', () => {
  test('is ready when agent and sidecar can work, though the pod itself never is', () => {
    const notReady = { conditions: [{ type: 'Ready', status: 'False' }] };
    expect(stateOf(pod(container('load'), container('istio-proxy'), notReady))).toEqual({
      state: 'ready',
      pod: 'windtunnel-load-a',
    });
  });

  test('is ready with a sidecar of the old kind, too', () => {
    const old = pod(container('load'), undefined);
    old.spec = { containers: [{ name: 'load' }, { name: 'istio-proxy' }] };
    old.status?.containerStatuses?.push(container('istio-proxy'));
    expect(stateOf(old).state).toBe('ready');
  });

  test.each([
    ['the Job', undefined],
    ['sidecar to start', pod(container('load', waiting('PodInitializing')), undefined)],
    ['sidecar to be ready', pod(container('load'), container('istio-proxy', { ready: false }))],
    [
      'container: PodInitializing',
      pod(container('load', waiting('PodInitializing')), container('istio-proxy')),
    ],
    [
      'a node: 0/1 nodes are available: 1 Insufficient cpu',
      pod(undefined, undefined, {
        phase: 'Pending',
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            message: '0/1 nodes are available: 1 Insufficient cpu',
          },
        ],
      }),
    ],
  ])('waits for %s', (what, given) => {
    expect(stateOf(given)).toEqual({ state: 'waiting', for: expect.stringContaining(what) });
  });

  const noSidecar = pod(container('load'), undefined);
  noSidecar.spec = { containers: [{ name: 'load' }] };

  test.each([
    ['it has no sidecar', 'istio-injection=enabled', noSidecar, []],
    [
      'the node lacks the image windtunnel/cli:0.1.0',
      'windtunnel up',
      pod(container('load', waiting('ErrImagePull', 'not found')), container('istio-proxy')),
      [],
    ],
    [
      'load: failed to create',
      'describe pod windtunnel-load-a',
      pod(
        container('load', waiting('CreateContainerError', 'failed to create')),
        container('istio-proxy'),
      ),
      [],
    ],
    [
      'DeadlineExceeded',
      'describe pod',
      pod(container('load'), container('istio-proxy'), {
        phase: 'Failed',
        reason: 'DeadlineExceeded',
      }),
      [],
    ],
    [
      'exceeded quota',
      'describe resourcequota',
      undefined,
      ['Error creating: pods "a" is forbidden: exceeded quota: small, requested: pods=1'],
    ],
    [
      'violates PodSecurity',
      'CNI',
      undefined,
      ['Error creating: pods "a" is forbidden: violates PodSecurity "restricted:latest"'],
    ],
    ['admission webhook', 'get events', undefined, ['first', 'admission webhook said no']],
  ])('fails because %s, with a next step', (why, next, given, refusals) => {
    expect(stateOf(given, refusals)).toEqual({
      state: 'failed',
      why: expect.stringContaining(why),
      next: expect.stringContaining(next),
    });
  });
});
