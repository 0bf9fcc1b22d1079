import { describe, expect, it } from 'vitest';
import { WindtunnelError } from '../errors.ts';
import { parseResources } from './load.ts';

const service = (name: string) => `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\n`;

describe('parseResources', () => {
  it('reads several documents of one file, each with the line of its first key', () => {
    const text = `# a comment\n${service('a')}---\n---\n# another\n${service('b')}`;
    const read = parseResources(text, 'x.yaml');
    expect(read.map((resource) => [resource.metadata.name, resource.source])).toEqual([
      ['a', { file: 'x.yaml', line: 2 }],
      ['b', { file: 'x.yaml', line: 8 }],
    ]);
  });

  it('names a key that stands twice in one object, and no other', () => {
    const twice = `${service('a')}spec:\n  type: ClusterIP\n  type: NodePort\n`;
    expect(() => parseResources(twice, 'x.yaml')).toThrow(
      'x.yaml:6:3: not valid YAML: the key type',
    );
    const merged = `${service('a')}x: &x {k: 1}\ny: &y {l: 2}\nz: {<<: *x, <<: *y, k: 2}\n`;
    expect(parseResources(merged, 'x.yaml')).toHaveLength(1);
  });

  it('says in one line that a file is no text, and in few that it is no YAML', () => {
    expect(() => parseResources('a\0b', 'x.yaml')).toThrow(/^x\.yaml: is no text/);
    const wrong = Array.from({ length: 50 }, () => `]: ${'x'.repeat(1000)}\n`).join('');
    let message = '';
    try {
      parseResources(wrong, 'x.yaml');
    } catch (thrown) {
      ({ message } = WindtunnelError.from(thrown));
    }
    expect(message).toContain('not valid YAML');
    expect(message.split('\n').length).toBeLessThanOrEqual(4);
    expect(message.length).toBeLessThan(1200);
  });

  it('flattens List kinds and reads JSON', () => {
    const item = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } };
    const list = { apiVersion: 'v1', kind: 'List', items: [item, item] };
    expect(parseResources(JSON.stringify(list), 'x.json')).toHaveLength(2);
  });

  it('puts namespaced kinds into default and leaves cluster-scoped ones without', () => {
    const text = `${service('a')}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n`;
    const namespaces = parseResources(text, 'x').map((resource) => resource.metadata.namespace);
    expect(namespaces).toEqual(['default', '']);
  });

  it('reads values as kubectl does: yes is true, a time stays text', () => {
    const [read] = parseResources(
      `${service('a')}spec: {a: yes, b: 2024-01-01T00:00:00Z, c: 10:30}`,
      'x',
    );
    expect(read?.body.spec).toEqual({ a: true, b: '2024-01-01T00:00:00Z', c: '10:30' });
  });

  it('names file, line, column and reason of every syntax error', () => {
    const read = () => parseResources(`${service('a')}spec: {a: [1, 2\nb: 3\n`, 'bad.yaml');
    expect(read).toThrow(WindtunnelError);
    expect(read).toThrow(/^bad\.yaml:5:\d+: not valid YAML: /);
  });

  it.each([
    ['just text', 'x:1: not a Kubernetes object: expected apiVersion, kind and metadata'],
    ['kind: Service', 'x:1: not a Kubernetes object: apiVersion is missing'],
    [
      'kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1',
      'x:1: is no object of a cluster, but a Kustomization: give what `kubectl kustomize` makes of it',
    ],
    ['kind: Service\napiVersion: v1', 'x:1: Service: metadata.name is missing'],
    [
      'kind: Service\napiVersion: v1\nmetadata: {name: a, labels: {version: 1}}',
      'x:1: Service a: metadata.labels.version must be a string, not 1: put it in quotes',
    ],
  ])('refuses %j', (text, message) => {
    expect(() => parseResources(text, 'x')).toThrow(message);
  });
});
