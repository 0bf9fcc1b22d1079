import { expect, it } from 'vitest';
import { parseResources } from '../../manifests/load.ts';
import type { Resource } from '../../manifests/world.ts';
import {
  applied,
  applyActions,
  appliedByOwner,
  differences,
  effective,
  type Layers,
  removed,
  reverted,
} from './layers.ts';

const resource = (name: string, hosts: string): Resource => {
  const text = `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: ${name}, namespace: shop}, spec: {hosts: [${hosts}]}}`;
  const [parsed] = parseResources(text, 'test.yaml');
  if (!parsed) throw new Error('no resource');
  return parsed;
};
const hosts = (layers: Layers): string[] =>
  effective(layers).map(({ metadata, body }) => `${metadata.name} ${JSON.stringify(body.spec)}`);

const base: Layers = { base: [resource('a', 'one'), resource('b', 'one')], owners: new Map() };
const before = hosts(base);

it('lays resources over the manifests in place, adds new ones, and takes all away again', () => {
  const changed = applied(base, 'x', [resource('b', 'two'), resource('c', 'new')]);
  expect(hosts(changed)).toEqual([
    'a {"hosts":["one"]}',
    'b {"hosts":["two"]}',
    'c {"hosts":["new"]}',
  ]);
  expect(appliedByOwner(changed)).toEqual({
    x: ['VirtualService shop/b', 'VirtualService shop/c'],
  });
  expect(hosts(reverted(changed, 'x'))).toEqual(before);
  expect(hosts(reverted(changed, 'y'))).toEqual(hosts(changed));
  expect(hosts(base)).toEqual(before);
});

it("keeps one owner's changes when another's are reverted", () => {
  const both = applied(applied(base, 'x', [resource('a', 'x')]), 'y', [resource('b', 'theirs')]);
  expect(hosts(reverted(both, 'x'))).toEqual(['a {"hosts":["one"]}', 'b {"hosts":["theirs"]}']);
});

it('takes resources of the manifests away until they are applied again', () => {
  const without = removed(base, 'x', [resource('a', '')]);
  expect(hosts(without)).toEqual(['b {"hosts":["one"]}']);
  expect(hosts(applied(without, 'x', [resource('a', 'back')]))).toContain('a {"hosts":["back"]}');
  expect(hosts(reverted(without, 'x'))).toEqual(before);
});

it('names what differs, and what applying does', () => {
  const next = [resource('b', 'two'), resource('c', 'new')];
  expect(differences(base.base, next)).toEqual([
    'VirtualService shop/b',
    'VirtualService shop/c',
    'VirtualService shop/a',
  ]);
  expect(applyActions(base.base, [...next, resource('a', 'one')])).toEqual({
    'VirtualService shop/b': 'configured',
    'VirtualService shop/c': 'created',
    'VirtualService shop/a': 'unchanged',
  });
});
