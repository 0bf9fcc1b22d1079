import { expect, test } from 'vitest';
import { parseResources } from '../../manifests/load.ts';
import { imagesOf } from '../images/in-manifests.ts';
import { deploymentsOf, summary, withImages } from './deploy.ts';

const resources = parseResources(
  `
apiVersion: apps/v1
kind: Deployment
metadata: {name: users, namespace: shop}
spec:
  template:
    metadata: {annotations: {kept: 'yes'}}
    spec:
      initContainers: [{name: first, image: 'other:1'}]
      containers: [{name: users, image: 'windtunnel/shop:0.1.0'}]
---
apiVersion: v1
kind: Service
metadata: {name: users, namespace: shop}
`,
  'it.yaml',
);

test('images and Deployments are found in the manifests', () => {
  expect(imagesOf(resources)).toEqual(['other:1', 'windtunnel/shop:0.1.0']);
  expect([...deploymentsOf(resources)]).toEqual([['shop', ['users']]]);
});

test('pods say which image they run, so another one of the same name replaces them', () => {
  const known = new Map([['windtunnel/shop:0.1.0', { id: 'sha256:aa' }]]);
  const [deployment, service] = withImages(resources, known);
  expect(deployment?.body).toMatchObject({
    spec: {
      template: { metadata: { annotations: { kept: 'yes', 'windtunnel.dev/image': 'sha256:aa' } } },
    },
  });
  expect(service).toBe(resources[1]);
  expect(JSON.stringify(resources)).not.toContain('sha256:aa');
});

test('an image of a registry is named as the nodes pull it', () => {
  const name = 'registry.example/windtunnel/shop:0.1.0';
  const known = new Map([['windtunnel/shop:0.1.0', { id: 'sha256:aa', name }]]);
  expect(imagesOf(withImages(resources, known))).toEqual(['other:1', name]);
});

test('a summary counts what was done', () => {
  const of = (action: 'created' | 'unchanged') => ({ resource: 'x', action });
  expect(summary([of('unchanged'), of('created'), of('unchanged')])).toBe('1 created, 2 unchanged');
});
