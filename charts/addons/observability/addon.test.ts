import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IClusterRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole';
import { topology } from '../../../services/topology.ts';
import type { ResourceBody } from '../../../istio/kit/resource.ts';
import { observabilityAddon } from './addon.ts';

const files = observabilityAddon(topology);
const objects = [...files.values()].flat();
const deployments = objects.filter(({ kind }) => kind === 'Deployment') as IDeployment[];
const configOf = (name: string, file: string) => {
  const found = objects.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata?.name === name,
  );
  return parse((found as { data: Record<string, string> } & ResourceBody).data[file] ?? '');
};

test('each part is a file of its own, the namespace first', () => {
  expect([...files.keys()].toSorted()).toEqual([
    'observability/00-namespace.yaml',
    'observability/jaeger.yaml',
    'observability/kiali.yaml',
    'observability/prometheus.yaml',
    'observability/telemetry.yaml',
  ]);
});

describe.each(deployments.map((one) => [one.metadata?.name ?? '', one] as const))(
  '%s',
  (name, deployment) => {
    const pod = deployment.spec?.template.spec;
    const container = pod?.containers[0];

    test('is pinned to a version, and to a digest where one is known', () => {
      expect(container?.image).toMatch(/:v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?$/);
      expect(container?.image?.includes('@')).toBe(name !== 'kiali');
    });

    test('meets the restricted pod security standard', () => {
      expect(pod?.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(container?.securityContext).toEqual({
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      for (const volume of pod?.volumes ?? []) {
        const bounded = volume.configMap !== undefined || volume.emptyDir?.sizeLimit !== undefined;
        expect(bounded).toBe(true);
      }
    });

    test('asks for little, has a limit of memory, and is probed', () => {
      expect(container?.resources?.requests).toMatchObject({ cpu: '20m' });
      expect(container?.resources?.limits?.memory).toMatch(/^(384|512)Mi$/);
      expect(container?.startupProbe).toBeDefined();
      expect(container?.readinessProbe).toBeDefined();
      expect(container?.livenessProbe).toBeDefined();
    });

    test('has a network policy of its own', () => {
      const policy = objects.find(
        ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata?.name === name,
      );
      expect(policy).toMatchObject({ spec: { policyTypes: ['Ingress'] } });
    });
  },
);

test('no role changes anything, and none reads a Secret', () => {
  const roles = objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
  const rules = roles.flatMap((role) => (role as IClusterRole).rules ?? []);
  for (const { verbs, resources = [] } of rules) {
    expect(resources).not.toContain('secrets');
    const looks = verbs.every((verb) => ['get', 'list', 'watch'].includes(verb));
    // Forwarding a port is how Kiali asks proxies what they hold; its verb is create.
    expect(looks || resources.join() === 'pods/portforward').toBe(true);
  }
  const wide = objects.filter(({ kind }) => kind === 'ClusterRole');
  expect(wide.map(({ metadata }) => metadata?.name)).toEqual(['observability-kiali']);
});

test('Kiali shows and changes nothing, by our Prometheus and our Jaeger', () => {
  expect(configOf('kiali', 'config.yaml')).toMatchObject({
    deployment: { view_only_mode: true },
    external_services: {
      prometheus: { url: 'http://prometheus.observability.svc.cluster.local:9090' },
      tracing: { internal_url: 'http://jaeger.observability.svc.cluster.local:16686' },
    },
    login_token: { signing_key: expect.stringMatching(/^.{16}$/) as string },
  });
  expect(
    objects.some(({ kind, metadata }) => kind === 'Service' && metadata?.name === 'kiali'),
  ).toBe(false);
});

test('Jaeger keeps a bounded number of traces', () => {
  const config = configOf('jaeger', 'config.yaml');
  expect(config.extensions.jaeger_storage.backends.memory.memory.max_traces).toBe(5000);
  expect(config.service.pipelines.traces.processors).toEqual(['memory_limiter']);
});
