import { expect, test } from 'vitest';
import { selects } from '../target/pods.ts';
import { loadJob, neverReady } from './job.ts';

const template = {
  metadata: {
    labels: { app: 'storefront', version: 'v1', 'app.kubernetes.io/managed-by': 'someone' },
    annotations: {
      'proxy.istio.io/config': '{"proxyStatsMatcher":{}}',
      'sidecar.istio.io/proxyCPU': '20m',
      'prometheus.io/scrape': 'true',
      'kubectl.kubernetes.io/restartedAt': 'now',
    },
  },
  spec: {
    serviceAccountName: 'storefront',
    containers: [{ name: 'storefront', image: 'shop' }],
    tolerations: [{ key: 'a' }],
  },
};
const job = loadJob({
  name: 'windtunnel-load-storefront-1',
  namespace: 'shop',
  caller: 'storefront',
  image: 'windtunnel/cli:0.1.0',
  template,
});
const pod = job.spec?.template;

test('the pod of a load Job is the caller to the mesh: its labels, identity, sidecar settings and place', () => {
  expect(selects(template.metadata.labels, { ...pod?.metadata?.labels })).toBe(true);
  expect(job.metadata?.labels?.['app.kubernetes.io/managed-by']).toBe('windtunnel');
  expect(pod?.spec?.serviceAccountName).toBe('storefront');
  expect(pod?.spec?.tolerations).toEqual([{ key: 'a' }]);
  expect(Object.keys(pod?.metadata?.annotations ?? {})).toEqual([
    'proxy.istio.io/config',
    'sidecar.istio.io/proxyCPU',
  ]);
});

test('it is never an endpoint, does not come again, and ends by itself', () => {
  expect(pod?.spec?.readinessGates).toEqual([{ conditionType: neverReady }]);
  expect(pod?.spec?.restartPolicy).toBe('Never');
  expect(job.spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: 0 });
  expect(job.spec?.activeDeadlineSeconds).toBeGreaterThan(0);
});

test('it meets the restricted pod security standard', () => {
  const [container] = pod?.spec?.containers ?? [];
  expect(pod?.spec?.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(container?.securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
});
