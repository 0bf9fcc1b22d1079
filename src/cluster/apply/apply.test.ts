import { beforeEach, expect, test } from 'vitest';
import { type FakeObjects, fakeObjects } from '../../../test/support/fake-objects.ts';
import { parseResources } from '../../manifests/load.ts';
import { ApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { managedByLabel, ownerLabel } from '../labels.ts';
import { adoptFields } from './adopt-fields.ts';
import { applyAll } from './apply.ts';
import type { AppliedResource } from './apply-object.ts';
import { otherTool } from './ownership.ts';

const manifests = (...names: string[]): ReturnType<typeof parseResources> =>
  parseResources(
    [
      '{apiVersion: v1, kind: Namespace, metadata: {name: shop}}',
      ...names.map(
        (name) =>
          `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: shop}, spec: {a: 1}}`,
      ),
    ].join('\n---\n'),
    'demo.yaml',
  );
const { signal } = new AbortController();
let cluster: FakeObjects;
beforeEach(() => {
  cluster = fakeObjects(['Thing']);
});
const up = (names: string[], prune = true): Promise<AppliedResource[]> =>
  applyAll(cluster, manifests(...names), { owner: 'up', prune, signal });
const actions = (done: AppliedResource[]): string[] =>
  done.map(({ action, resource }) => `${action} ${resource}`);

test('creates, leaves what is the same, and deletes what is not wanted any more', async () => {
  expect(actions(await up(['a', 'b']))).toEqual([
    'created Namespace shop',
    'created Service shop/a',
    'created Service shop/b',
  ]);
  expect(actions(await up(['a']))).toEqual([
    'unchanged Namespace shop',
    'unchanged Service shop/a',
    'deleted Service shop/b',
  ]);
  expect(cluster.get('Service', 'a', 'shop')?.metadata.labels).toEqual({
    [managedByLabel]: 'windtunnel',
    [ownerLabel]: 'up',
  });
});

test('deletes nothing that does not carry the label of the owner, or when it was not asked to', async () => {
  await up(['a', 'b']);
  cluster.put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'theirs', namespace: 'shop' },
  });
  expect(actions(await up(['a'], false))).not.toContain('deleted Service shop/b');
  expect(actions(await up(['a']))).toContain('deleted Service shop/b');
  expect(cluster.get('Service', 'theirs', 'shop')).toBeDefined();
});

test.each([
  [
    'an object of Helm',
    {
      kind: 'Service',
      metadata: { name: 'b', namespace: 'shop', annotations: { 'meta.helm.sh/release-name': 'x' } },
    },
    /Service shop\/b is managed by Helm/,
  ],
  [
    'a namespace of another tool',
    { kind: 'Namespace', metadata: { name: 'shop', labels: { [managedByLabel]: 'platform' } } },
    /Namespace shop is managed by platform/,
  ],
  [
    'an object of another owner',
    {
      kind: 'Service',
      metadata: {
        name: 'b',
        namespace: 'shop',
        labels: { [managedByLabel]: 'windtunnel', [ownerLabel]: 'experiment-x' },
      },
    },
    /Service shop\/b is managed by the owner experiment-x/,
  ],
])('changes nothing where there is %s', async (_, object, said) => {
  cluster.put({ apiVersion: 'v1', ...object });
  const before = cluster.all();
  await expect(up(['a', 'b'])).rejects.toMatchObject({
    code: 'not-ours',
    message: expect.stringMatching(said) as string,
  });
  expect(cluster.all()).toEqual(before);
});

test('changes nothing when one object would be refused, or its kind is not known', async () => {
  await up([]);
  const before = cluster.all();
  cluster.onRequest = (verb, ref) => {
    if (verb === 'apply' && ref.metadata.name === 'b')
      throw new ApiError(422, 'x', { message: 'bad b' });
  };
  await expect(up(['a', 'b'])).rejects.toMatchObject({ code: 'rejected', message: /bad b/ });
  const thing = parseResources(
    '{apiVersion: demo.io/v1, kind: Thing, metadata: {name: a, namespace: shop}}',
    'x.yaml',
  );
  await expect(applyAll(cluster, thing, { owner: 'up', signal })).rejects.toMatchObject({
    code: 'preflight',
    message: 'the cluster has no kind demo.io/v1 Thing',
  });
  expect(cluster.all()).toEqual(before);
});

test('says how far it came when a change fails', async () => {
  cluster.onRequest = (verb, ref) => {
    if (verb === 'apply' && ref.metadata.name === 'b')
      throw new ApiError(500, 'x', { message: 'broken' });
  };
  await expect(up(['a', 'b'])).rejects.toThrow(
    /broken \(2 of 3 resources were changed before, and stay\)/,
  );
});

test('who else applies an object is told by its field managers', () => {
  const of = (manager: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a', managedFields: [{ manager, operation: 'Apply' }] },
  });
  expect(otherTool(of('kubectl'))).toBeUndefined();
  expect(otherTool(of('windtunnel'))).toBeUndefined();
  expect(otherTool(of('some-operator'))).toBe('some-operator (its field manager)');
});

const label = { 'f:labels': { [`f:${managedByLabel}`]: {} } };
const kubectl = {
  manager: 'kubectl-client-side-apply',
  operation: 'Update',
  fieldsV1: {
    'f:metadata': {
      ...label,
      'f:annotations': { '.': {}, 'f:kubectl.kubernetes.io/last-applied-configuration': {} },
    },
    'f:spec': { 'f:outlierDetection': {} },
  },
};
const edit = {
  manager: 'kubectl-edit',
  operation: 'Update',
  fieldsV1: { 'f:spec': { 'f:timeout': {} } },
};
const status = {
  manager: 'controller',
  operation: 'Update',
  subresource: 'status',
  fieldsV1: { 'f:status': {} },
};
const own = { manager: 'windtunnel', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:host': {} } } };

test('takes over what kubectl applied from a manifest of ours, but not its annotation, nor what others set', () => {
  expect(adoptFields([own, kubectl, edit, status], 'v1', 'manifests')).toEqual([
    {
      manager: 'windtunnel',
      operation: 'Apply',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:metadata': label, 'f:spec': { 'f:host': {}, 'f:outlierDetection': {} } },
    },
    edit,
    status,
  ]);
  expect(adoptFields([own, edit, status], 'v1', 'manifests')).toBeUndefined();
});

test('leaves what a user applied with kubectl for a purpose of their own', () => {
  const theirs = { ...kubectl, fieldsV1: { 'f:metadata': { 'f:labels': { 'f:team': {} } } } };
  expect(adoptFields([theirs], 'v1', 'manifests')).toBeUndefined();
});

test('takes over everyone but subresources where the object is to stand alone', () => {
  const adopted = adoptFields([edit, status], 'v1', 'all');
  expect(adopted?.map(({ manager }) => manager)).toEqual(['windtunnel', 'controller']);
});
