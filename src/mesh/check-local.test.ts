import { expect, it } from 'vitest';
import { buildWorld } from '../manifests/build-world.ts';
import { parseResources } from '../manifests/load.ts';
import { checkLocal } from './check-local.ts';

const problemsOf = (yaml: string): string => {
  try {
    checkLocal(buildWorld(parseResources(yaml, 'it.yaml')));
    return '';
  } catch (thrown) {
    return (thrown as Error).message;
  }
};
const deployment = (spec: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec: { selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: ${spec} } }`;

it('refuses what tells callers apart by address, whichever way it is written', () => {
  const text = problemsOf(`
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: it }
spec:
  rules:
    - from: [{ source: { ipBlocks: [10.0.0.0/8] } }, { source: { notRemoteIpBlocks: [10.0.0.0/8] } }]
      when: [{ key: source.ip, values: [10.0.0.1] }]`);
  expect(text.split('\n').map((line) => line.split(' does not')[0])).toEqual([
    'it.yaml:2: AuthorizationPolicy default/it: spec.rules[0].from[0].source.ipBlocks:',
    'it.yaml:2: AuthorizationPolicy default/it: spec.rules[0].from[1].source.notRemoteIpBlocks:',
    'it.yaml:2: AuthorizationPolicy default/it: spec.rules[0].when[0].key source.ip:',
  ]);
});

it('refuses mounted files and init containers, not empty folders', () => {
  const mounted = (volume: string): string =>
    deployment(
      `{ containers: [{ name: web, image: web, volumeMounts: [{ name: v, mountPath: /etc/web }] }], volumes: [{ name: v, ${volume} }] }`,
    );
  expect(problemsOf(mounted('emptyDir: {}'))).toBe('');
  expect(problemsOf(mounted('persistentVolumeClaim: { claimName: c }'))).toBe('');
  expect(problemsOf(mounted('configMap: { name: c }'))).toContain(
    'spec.template.spec.volumes[0].configMap: does not work on the local mesh: processes share',
  );
  expect(problemsOf(deployment('{ initContainers: [{ name: wait }], containers: [] }'))).toContain(
    'spec.template.spec.initContainers: does not work',
  );
  expect(problemsOf(deployment('{ containers: [{ name: istio-proxy }] }'))).toContain(
    'before injection',
  );
});

it.each(['Ingress', 'CronJob', 'Endpoints', 'EndpointSlice', 'ReplicationController'])(
  'refuses %s',
  (kind) => {
    const text = problemsOf(`{ apiVersion: v1, kind: ${kind}, metadata: { name: it } }`);
    expect(text).toContain(`${kind} default/it: does not work on the local mesh: `);
  },
);

it('refuses kinds that would be expected to do something', () => {
  const text = problemsOf('{ apiVersion: batch/v1, kind: Job, metadata: { name: it } }');
  expect(text).toBe(
    'it.yaml:1: Job default/it: does not work on the local mesh: only what serves is run',
  );
});
