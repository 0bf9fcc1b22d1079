import { describe, expect, it } from 'vitest';
import { buildWorld } from '../manifests/build-world.ts';
import { parseResources } from '../manifests/load.ts';
import { checkReferences } from './check-references.ts';

const services = `
apiVersion: v1
kind: Service
metadata: { name: users, namespace: shop }
spec: { ports: [{ name: http, port: 80 }, { name: admin, port: 81 }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: web, namespace: shop }
spec: { hosts: ['*.example.com'], ports: [{ number: 80, name: http }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge, namespace: shop }
spec: { selector: { a: b }, servers: [] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: users, namespace: shop }
spec: { host: users, subsets: [{ name: v1, labels: {} }, { name: v2, labels: {} }] }
---
`;
const check = (kind: string, spec: string) => (): void => {
  const resource = `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: { name: it, namespace: shop }\nspec: ${spec}`;
  checkReferences(buildWorld(parseResources(services + resource, 'it.yaml')));
};
const to = (destination: string) =>
  check(
    'VirtualService',
    `{ hosts: [users], http: [{ route: [{ destination: ${destination} }] }] }`,
  );

describe('checkReferences', () => {
  it('lets pass names that exist', () => {
    expect(to('{ host: users, subset: v1, port: { number: 81 } }')).not.toThrow();
    expect(to('{ host: api.example.com }')).not.toThrow();
    expect(
      check('VirtualService', '{ hosts: [shop.example.org], gateways: [edge, mesh] }'),
    ).not.toThrow();
    expect(check('DestinationRule', "{ host: '*.local' }")).not.toThrow();
  });

  it.each([
    [
      to('{ host: user }'),
      'spec.http[0].route[0].destination.host: no host user.shop.svc.cluster.local (written user); there are: *.example.com, users.shop.svc.cluster.local',
    ],
    [to('{ host: users.shop }'), 'no host users.shop; write users.shop.svc.cluster.local'],
    [
      to('{ host: users, subset: v3 }'),
      'no subset v3 of users.shop.svc.cluster.local; DestinationRules have: v1, v2',
    ],
    [
      to('{ host: api.example.com, subset: v1 }'),
      'no DestinationRule has subsets for *.example.com',
    ],
    [
      to('{ host: users, port: { number: 82 } }'),
      'users.shop.svc.cluster.local has no port 82; it has: 80, 81',
    ],
    [
      check('VirtualService', '{ hosts: [usres] }'),
      'spec.hosts[0]: no host usres.shop.svc.cluster.local (written usres)',
    ],
    [
      check('VirtualService', '{ hosts: [users.shop] }'),
      'spec.hosts[0]: no host users.shop; write users.shop.svc.cluster.local',
    ],
    [
      check('VirtualService', '{ hosts: [users], gateways: [egde] }'),
      'spec.gateways: no Gateway shop/egde (written egde); there are: shop/edge',
    ],
    [
      check('VirtualService', '{ hosts: [users], http: [{ mirror: { host: gone } }] }'),
      'spec.http[0].mirror.host: no host gone',
    ],
    [
      check('VirtualService', '{ hosts: [users], http: [{ delegate: { name: leaf } }] }'),
      'no VirtualService shop/leaf without hosts; there is none',
    ],
    [
      check('DestinationRule', '{ host: gone }'),
      'it.yaml:22: DestinationRule shop/it: spec.host: no host gone',
    ],
  ])('names what is missing and what is there (%#)', (run, message) => {
    expect(run).toThrow(message);
  });
});
