import { describe, expect, it } from 'vitest';
import { buildWorld, overlay, replicasOf } from './build-world.ts';
import { parseResources } from './load.ts';
import { servicesOf, targetPortOf, workloadsOf } from './select.ts';

const read = (text: string) => parseResources(text, 'x.yaml');
const world = (text: string) => buildWorld(read(text));

const namespace = (labels: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { ${labels} } }\n---\n`;
const deployment = (metadata = '', spec = '', name = 'users'): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name}${metadata} } }
    spec: { containers: [{ name: app, image: x, ports: [{ name: web, containerPort: 3000 }]${spec} }] }
---
`;
const service = (spec: string, metadata = ''): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: users, namespace: shop${metadata} }\nspec: { ${spec} }\n---\n`;

describe('buildWorld', () => {
  it('finds the workloads of a service and the number of a named target port', () => {
    const built = world(
      service('selector: { app: users }, ports: [{ port: 80, targetPort: web }]') + deployment(),
    );
    const [users] = built.services;
    const [workload] = built.workloads;
    if (users === undefined || workload === undefined) throw new Error('nothing was read');
    expect(users.host).toBe('users.shop.svc.cluster.local');
    expect(workloadsOf(built, users)).toEqual([workload]);
    expect(servicesOf(built, workload)).toEqual([users]);
    expect(targetPortOf(users.ports[0]?.targetPort ?? 0, workload)).toBe(3000);
    expect(replicasOf(built).map((replica) => replica.podName)).toEqual(['users-0', 'users-1']);
  });

  it.each([
    ['the namespace asks for it', namespace('istio-injection: enabled'), '', true],
    ['the namespace names a revision', namespace('istio.io/rev: canary'), '', true],
    ['the namespace asks for nothing', namespace('a: b'), '', false],
    ['the pod asks for it', namespace('a: b'), ', sidecar.istio.io/inject: "true"', true],
    [
      'the pod declines',
      namespace('istio-injection: enabled'),
      ', sidecar.istio.io/inject: "false"',
      false,
    ],
    [
      'the namespace forbids it',
      namespace('istio-injection: disabled'),
      ', sidecar.istio.io/inject: "true"',
      false,
    ],
    ['no manifest declares the namespace', '', '', true],
  ])('decides injection as Istio does when %s', (_, head, label, injected) => {
    expect(world(head + deployment(label)).workloads[0]?.injected).toBe(injected);
  });

  it.each([
    ['http-web', {}, 'http'],
    ['GRPC', {}, 'grpc'],
    ['grpc-web', {}, 'grpc-web'],
    ['web', {}, 'auto'],
    ['http', { appProtocol: 'tcp' }, 'tcp'],
    ['x', { appProtocol: 'kubernetes.io/h2c' }, 'http2'],
    ['http', { protocol: 'UDP' }, 'udp'],
    ['db', { port: 3306 }, 'tcp'],
  ])('reads the protocol of port %s %j', (name, more, protocol) => {
    const port = JSON.stringify({ name, port: 80, ...more });
    expect(world(service(`ports: [${port}]`)).services[0]?.ports[0]?.protocol).toBe(protocol);
  });

  it('takes environment values from ConfigMaps and Secrets, and says which it cannot know', () => {
    const env = `, envFrom: [{ configMapRef: { name: all }, prefix: P_ }], env: [
      { name: A, value: a }, { name: B, valueFrom: { secretKeyRef: { name: keys, key: b } } },
      { name: C, valueFrom: { fieldRef: { fieldPath: metadata.name } } },
      { name: D, valueFrom: { secretKeyRef: { name: gone, key: d } } },
      { name: E, valueFrom: { configMapKeyRef: { name: gone, key: e, optional: true } } }, { name: F, value: 1 }]`;
    const data = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: all, namespace: shop }\ndata: { X: x }
---\napiVersion: v1\nkind: Secret\nmetadata: { name: keys, namespace: shop }\ndata: { b: aGVsbG8= }\n---\n`;
    expect(world(data + deployment('', env)).workloads[0]?.containers[0]?.env).toEqual([
      { name: 'P_X', value: 'x' },
      { name: 'A', value: 'a' },
      { name: 'B', value: 'hello' },
      { name: 'C', value: '', from: 'metadata.name' },
      { name: 'D', value: '', unknown: 'Secret shop/gone, key d: not among the manifests' },
      { name: 'F', value: '', unknown: 'value must be a string, not 1: put it in quotes' },
    ]);
  });

  it('reports all problems at once, each with its place', () => {
    const build = () =>
      world(
        service('ports: [{ port: eighty }, { port: 80, name: y }]') +
          deployment().replace('app: users } }\n  t', 'app: other } }\n  t'),
      );
    expect(build).toThrow(
      'x.yaml:1: Service shop/users: spec.ports[0].port: must be a port number, not "eighty"',
    );
    expect(build).toThrow('spec.ports[1].name: must be a string, not true: put it in quotes');
    expect(build).toThrow(
      'x.yaml:7: Deployment shop/users: spec.selector.matchLabels.app: is other, but the template has users',
    );
  });

  it('takes the same object twice, but not two versions of it', () => {
    expect(world(service('ports: []') + service('ports: []')).services).toHaveLength(1);
    expect(() => world(service('ports: []') + service('ports: [{ port: 1 }]'))).toThrow(
      'x.yaml:6: Service shop/users: is declared at x.yaml:1, too, and differs there',
    );
  });
});

describe('overlay', () => {
  it('replaces the same object in its place, whatever the version, and adds others', () => {
    const rule = (version: string, name: string, host: string): string =>
      `apiVersion: networking.istio.io/${version}\nkind: DestinationRule\nmetadata: { name: ${name} }\nspec: { host: ${host} }\n---\n`;
    const base = read(rule('v1', 'a', 'one') + rule('v1', 'b', 'two'));
    const laid = overlay(base, read(rule('v1beta1', 'a', 'three') + rule('v1', 'c', 'four')));
    expect(laid.map(({ body }) => (body.spec as { host: string }).host)).toEqual([
      'three',
      'two',
      'four',
    ]);
  });
});
