import { expect, test } from 'vitest';
import type { KubeObject } from '../kube/objects.ts';
import { asItStood, canonicalJson, sameSpec, undoStep } from './undo.ts';
import { leaseSecondsOf, microTime } from './record.ts';

/** The part of an object's metadata that someone wrote. */
const written = {
  name: 'users',
  namespace: 'shop',
  labels: { team: 'a' },
  annotations: { note: 'x' },
  finalizers: ['keep.io/me'],
};
const live: KubeObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: {
    ...written,
    creationTimestamp: '2026-01-01T00:00:00Z',
    generation: 3,
    managedFields: [{ manager: 'kubectl' }],
    resourceVersion: '7',
    uid: 'u',
  },
  spec: { timeout: '1s' },
  status: { observedGeneration: 3 },
};
const stood = asItStood(live);
const entry = { apiVersion: live.apiVersion, kind: live.kind, name: 'users' };

test('what someone wrote is kept, what the API server keeps for itself is not', () => {
  expect(stood).toEqual({
    apiVersion: live.apiVersion,
    kind: live.kind,
    metadata: written,
    spec: { timeout: '1s' },
  });
});

test('objects are compared whatever the order of their keys, but not that of their lists', () => {
  expect(canonicalJson({ b: 1, a: { d: 1, c: [2, 1] } })).toBe('{"a":{"c":[2,1],"d":1},"b":1}');
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});

test('a change of labels asks for nothing else of the mesh', () => {
  const relabelled = { ...live, metadata: { ...live.metadata, labels: {} } };
  expect(sameSpec(live, relabelled)).toBe(true);
  expect(sameSpec(live, { ...live, spec: { timeout: '2s' } })).toBe(false);
});

test.each([
  ['was not there and is not', null, undefined, { type: 'nothing' }],
  ['was not there and is', null, live, { type: 'remove' }],
  [
    'was not there and is going',
    null,
    { ...live, metadata: { ...live.metadata, deletionTimestamp: 'now' } },
    { type: 'nothing' },
  ],
  ['is as it was', stood, live, { type: 'nothing' }],
  ['was there and is not', stood, undefined, { type: 'create', body: stood }],
  [
    'differs',
    stood,
    {
      ...live,
      spec: { timeout: '9s', retries: 1 },
      metadata: { ...live.metadata, resourceVersion: '9' },
    },
    {
      type: 'replace',
      body: { ...stood, metadata: { ...stood.metadata, resourceVersion: '9' } },
    },
  ],
] as const)('an object that %s', (_, before, now, step) => {
  expect(undoStep({ ...entry, before }, now)).toEqual(step);
});

test('a lease lasts whole seconds, at least as long as was asked, within bounds', () => {
  expect([1, 1000, 1001, 30_000, 1e9].map(leaseSecondsOf)).toEqual([1, 1, 2, 30, 600]);
  expect(microTime(Date.UTC(2026, 0, 2, 3, 4, 5, 67))).toBe('2026-01-02T03:04:05.067000Z');
});
