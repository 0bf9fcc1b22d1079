import type { V1ContainerState, V1Deployment, V1Pod } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { podStatus } from './cluster-status.ts';
import { tellingLines } from './wait-ready.ts';
import { isRolledOut, podState, refusal } from './readiness.ts';

interface PodOptions {
  ready?: boolean;
  state?: V1ContainerState;
  lastState?: V1ContainerState;
  restartCount?: number;
  sidecarReady?: boolean;
}

const pod = (options: PodOptions = {}): V1Pod => {
  const { ready = false, state = { running: {} }, lastState = {}, restartCount = 0 } = options;
  const shared = { image: 'windtunnel/shop:0.1.0', imageID: '', started: true };
  const { sidecarReady = true } = options;
  return {
    metadata: { name: 'users-1', namespace: 'shop' },
    spec: { nodeName: 'node', containers: [] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      initContainerStatuses: [
        {
          ...shared,
          name: 'istio-proxy',
          ready: sidecarReady,
          restartCount: 0,
          state: { running: {} },
        },
      ],
      containerStatuses: [{ ...shared, name: 'users', ready, restartCount, state, lastState }],
    },
  };
};

test('a pod whose probes answer is ready', () => {
  expect(podState(pod({ ready: true }))).toEqual({ type: 'ready' });
});

test('an image that cannot be pulled is named, with the reason', () => {
  const waiting = { reason: 'ImagePullBackOff', message: 'pull access denied' };
  expect(podState(pod({ state: { waiting } }))).toEqual({
    type: 'failing',
    reason: 'the image windtunnel/shop:0.1.0 cannot be pulled: pull access denied',
  });
});

test('a container that crashes is named, with its exit code and restarts', () => {
  const crash = podState(
    pod({
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
      restartCount: 3,
    }),
  );
  expect(crash).toEqual({
    type: 'failing',
    reason: 'users ended with exit code 1, 3 restarts',
    container: 'users',
  });
  const killed = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
  expect(podState(pod({ state: killed }))).toMatchObject({
    reason: expect.stringContaining('more memory than its limit') as string,
  });
});

test('a container that is about to start is waited for; a pod that ends does not count', () => {
  expect(podState(pod())).toEqual({ type: 'waiting', reason: 'users runs, and is not ready yet' });
  const ending = pod();
  ending.metadata = { name: 'users-1', deletionTimestamp: new Date(0) };
  expect(podState(ending)).toEqual({ type: 'ending' });
});

test('a pod that no node takes says why', () => {
  const pending = pod();
  pending.status = {
    conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes: Insufficient cpu' }],
  };
  expect(podState(pending)).toEqual({
    type: 'waiting',
    reason: 'no node takes it: 0/1 nodes: Insufficient cpu',
  });
});

test.each<[string, object, boolean]>([
  ['all are new and serve', {}, true],
  ['the controller has not seen the change', { observedGeneration: 1 }, false],
  ['an old pod is left', { replicas: 3 }, false],
  ['a new one is not there', { updatedReplicas: 1 }, false],
  ['a new one does not serve', { availableReplicas: 1 }, false],
])('rolled out: %s', (_what, status, rolledOut) => {
  const all = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
  const deployment = {
    metadata: { generation: 2 },
    spec: { replicas: 2 },
    status: { ...all, ...status },
  };
  expect(isRolledOut(deployment as unknown as V1Deployment)).toBe(rolledOut);
});

test('a namespace that refuses the pods is the reason that there are none', () => {
  const conditions = [{ type: 'ReplicaFailure', status: 'True', message: 'violates PodSecurity' }];
  expect(refusal({ status: { conditions } })).toBe('violates PodSecurity');
  expect(refusal({ status: {} })).toBeUndefined();
});

test('status shows the sidecar apart from the pod', () => {
  expect(podStatus(pod({ ready: true }))).toMatchObject({
    ready: true,
    sidecar: 'ready',
    restarts: 0,
  });
  expect(podStatus(pod({ sidecarReady: false })).sidecar).toBe('not ready');
});

test('of a log the last error is shown, else its last lines', () => {
  const log = 'listening\n\nError: broken on purpose\n    at main.ts:1\n\nNode.js v24.21.0\n';
  expect(tellingLines(log)).toEqual([
    'Error: broken on purpose',
    '    at main.ts:1',
    'Node.js v24.21.0',
  ]);
  expect(tellingLines('1\n2\n3\n4\n5\n6\n7\n8')).toEqual(['3', '4', '5', '6', '7', '8']);
});
