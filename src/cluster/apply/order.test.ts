import { expect, test } from 'vitest';
import { renderManifests } from '../../../charts/app.ts';
import { topology } from '../../../services/topology.ts';
import { parseResources } from '../../manifests/load.ts';
import { applyOrder, removeOrder, stageOf } from './order.ts';

const resources = [...renderManifests(topology)].flatMap(([file, text]) =>
  parseResources(text, file),
);
const kinds = applyOrder(resources).map(({ kind }) => kind);
const firstOf = (kind: string): number => kinds.indexOf(kind);
const lastOf = (kind: string): number => kinds.lastIndexOf(kind);

test.each([
  ['Namespace', 'ServiceAccount'],
  ['ServiceAccount', 'Deployment'],
  ['AuthorizationPolicy', 'Deployment'],
  ['NetworkPolicy', 'Deployment'],
  ['Sidecar', 'Deployment'],
  ['Service', 'Deployment'],
  ['Deployment', 'DestinationRule'],
  ['DestinationRule', 'VirtualService'],
  ['VirtualService', 'Gateway'],
])('every %s of the shop comes before the first %s', (earlier, later) => {
  expect(firstOf(earlier)).toBeGreaterThanOrEqual(0);
  expect(lastOf(earlier)).toBeLessThan(firstOf(later));
});

test('an unknown kind comes after policies and accounts, before what serves and routes', () => {
  const order = applyOrder(
    ['VirtualService', 'Thing', 'Service', 'ServiceAccount'].map((kind) => ({ kind })),
  );
  expect(order.map(({ kind }) => kind)).toEqual([
    'ServiceAccount',
    'Thing',
    'Service',
    'VirtualService',
  ]);
});

test('those of one kind stay as they were given, and taking away goes the other way round', () => {
  const given = ['b', 'a'].map((name) => ({ kind: 'Service', name }));
  expect(applyOrder(given)).toEqual(given);
  expect(removeOrder(resources).map(({ kind }) => kind)).toEqual(kinds.toReversed());
});

test('readiness is waited for between workloads and routes', () => {
  expect(['Namespace', 'Service', 'Thing'].map((kind) => stageOf({ kind }))).toEqual(
    Array.from({ length: 3 }, () => 'foundation'),
  );
  expect(stageOf({ kind: 'Deployment' })).toBe('workloads');
  expect(stageOf({ kind: 'DestinationRule' })).toBe('routing');
});
