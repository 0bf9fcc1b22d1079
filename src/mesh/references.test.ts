import { describe, expect, it } from 'vitest';
import { buildWorld } from '../manifests/build-world.ts';
import { parseResources } from '../manifests/load.ts';
import { findReferences, podOf, replaceReferences, serviceNames } from './references.ts';

const world = buildWorld(
  parseResources(
    `
apiVersion: v1
kind: Service
metadata: { name: users, namespace: shop }
spec: { selector: { app: users }, ports: [{ name: http, port: 8080 }, { name: web, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: users, namespace: other }
spec: { selector: { app: users }, ports: [{ name: http, port: 9090 }] }
---
apiVersion: v1
kind: Service
metadata: { name: broker, namespace: shop }
spec: { selector: { app: broker }, ports: [{ name: tcp-amqp, port: 5672 }] }
---
apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { clusterIP: None, selector: { app: db }, ports: [{ name: tcp, port: 5432 }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: shop }
spec: { serviceName: db, replicas: 2, selector: { matchLabels: { app: db } }, template: { metadata: { labels: { app: db } } } }
`,
    'services.yaml',
  ),
);
const shop = serviceNames(world, 'shop');
const other = serviceNames(world, 'other');
const found = (text: string, names = shop): string[] =>
  findReferences(text, names).map(({ service, port, authority }) => {
    return `${authority} = ${service.name}.${service.namespace}:${port.port}`;
  });

describe('findReferences', () => {
  it.each([
    ['users:8080', ['users:8080 = users.shop:8080']],
    ['users.shop:8080', ['users.shop:8080 = users.shop:8080']],
    ['users.shop.svc:8080', ['users.shop.svc:8080 = users.shop:8080']],
    ['users.shop.svc.cluster.local:80', ['users.shop.svc.cluster.local:80 = users.shop:80']],
    ['users.other:9090', ['users.other:9090 = users.other:9090']],
    ['http://users/api', ['users = users.shop:80']],
    ['http://users:80/api', ['users = users.shop:80']],
    ['http://users:8080', ['users:8080 = users.shop:8080']],
    ['amqp://guest:secret@broker/vhost', ['broker:5672 = broker.shop:5672']],
    ['dns:///users:8080', ['users:8080 = users.shop:8080']],
    [
      'a=users:8080,b=broker:5672',
      ['users:8080 = users.shop:8080', 'broker:5672 = broker.shop:5672'],
    ],
    [
      '["users:8080","broker:5672"]',
      ['users:8080 = users.shop:8080', 'broker:5672 = broker.shop:5672'],
    ],
  ])('finds the Services in %s', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it.each([
    'users',
    'users:9999',
    'my-users:8080',
    'users-db:8080',
    'users:80801',
    '/api/users:8080',
    'https://users',
    'example.org:8080',
  ])('finds none in %s', (text) => {
    expect(found(text)).toEqual([]);
  });

  it("takes a short name from the caller's own namespace", () => {
    expect(found('users:9090', other)).toEqual(['users:9090 = users.other:9090']);
    expect(found('users:8080', other)).toEqual([]);
  });
});

it('replaces what it is told to, and leaves the rest of the text alone', () => {
  const address = ({ authority }: { authority: string }): string | undefined =>
    ({ 'users:8080': '127.0.0.1:1', users: '127.0.0.1:2' })[authority];
  expect(
    replaceReferences('x=users:8080; http://users/a?b=users; broker:5672', shop, address),
  ).toBe('x=127.0.0.1:1; http://127.0.0.1:2/a?b=users; broker:5672');
});

it('knows the pods of a StatefulSet by the names that their headless Service gives them', () => {
  expect(found('db-0.db:5432,db-1.db.shop.svc.cluster.local:5432,db-2.db:5432')).toEqual([
    'db-0.db:5432 = db.shop:5432',
    'db-1.db.shop.svc.cluster.local:5432 = db.shop:5432',
  ]);
  expect(found('db-0.db:5432', other)).toEqual([]);
  const [db, users] = ['db', 'users'].map((name) => shop.get(name));
  if (!db || !users) throw new Error('no service');
  expect(podOf('db-1.db.shop:5432', db)).toBe('db-1');
  expect(podOf('db.shop:5432', db)).toBeUndefined();
  expect(podOf('users.shop:8080', users)).toBeUndefined();
});
