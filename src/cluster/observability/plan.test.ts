import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { observabilityAddon } from '../../../charts/addons/observability/addon.ts';
import { images } from '../../../charts/addons/observability/images.ts';
import { topology } from '../../../services/topology.ts';
import { parseResources } from '../../manifests/load.ts';
import { imagesOf } from '../images/in-manifests.ts';
import { imageName } from './image-name.ts';
import { type ImageSource, leftOutNotice, planObservability } from './plan.ts';

const addon = [...observabilityAddon(topology)].flatMap(([file, objects]) =>
  parseResources(objects.map((one) => stringify(one)).join('---\n'), file),
);
const system = parseResources(
  `
apiVersion: apps/v1
kind: Deployment
metadata: {name: users, namespace: shop}
spec:
  template:
    metadata: {annotations: {kept: 'yes'}}
    spec: {containers: [{name: users, envFrom: [{configMapRef: {name: telemetry, optional: true}}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: other, namespace: shop}
spec: {template: {spec: {containers: [{name: other}]}}}
`,
  'shop.yaml',
);
const here = (image: string): [string, ImageSource] => [
  image,
  { type: 'here', name: imageName(image) },
];
const missing = (image: string): [string, ImageSource] => [
  image,
  { type: 'missing', reason: 'no such host' },
];
const annotationsOf = (plan: ReturnType<typeof planObservability>, name: string) =>
  plan.system.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)?.body;

test('the images are those of the three programs', () => {
  expect(imagesOf(addon)).toEqual(Object.values(images).toSorted());
});

test('a program whose image cannot be had is left out with all that belongs to it, and the others stay', () => {
  const sources = new Map([here(images.jaeger), here(images.prometheus), missing(images.kiali)]);
  const plan = planObservability(system, addon, sources);
  expect(plan.leftOut.map(leftOutNotice)).toEqual([
    'kiali is left out: quay.io/kiali/kiali:v2.31.0 cannot be had here (no such host); everything else works',
  ]);
  expect(imagesOf(plan.addon)).toEqual(['jaegertracing/jaeger:2.21.0', 'prom/prometheus:v3.15.0']);
  const names = plan.addon.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(names.filter((name) => name.includes('kiali'))).toEqual([]);
  expect(names).toContain('Deployment jaeger');
  expect(names).toContain('Deployment prometheus');
  expect(names).toContain('Namespace observability');
});

test('pods that take the telemetry settings are told which, and others are left alone', () => {
  const sources = new Map([here(images.jaeger), here(images.prometheus), here(images.kiali)]);
  const plan = planObservability(system, addon, sources);
  expect(annotationsOf(plan, 'users')).toMatchObject({
    spec: {
      template: {
        metadata: {
          annotations: {
            kept: 'yes',
            'windtunnel.dev/telemetry': expect.stringMatching(/^[0-9a-f]{16}$/) as string,
          },
        },
      },
    },
  });
  expect(annotationsOf(plan, 'other')).toEqual(system[1]?.body);
  expect(plan.system.at(-1)?.metadata).toMatchObject({ name: 'telemetry', namespace: 'shop' });
});

test('without a collector the services are not told of telemetry', () => {
  const sources = new Map([missing(images.jaeger), here(images.prometheus), missing(images.kiali)]);
  const plan = planObservability(system, addon, sources);
  expect(plan.system).toEqual(system);
  expect(plan.addon.filter(({ metadata }) => metadata.name === 'telemetry')).toEqual([]);
});
