import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topology } from '../services/topology.ts';
import { asRecord, asRecords } from '../src/manifests/fields.ts';
import { parseResources } from '../src/manifests/load.ts';
import type { Resource } from '../src/manifests/world.ts';
import { schemaProblems } from '../src/synth/schema.ts';
import { writeFolder } from '../src/synth/files.ts';
import { renderManifests } from './app.ts';

const files = renderManifests(topology);
const resources = [...files].flatMap(([file, text]) => parseResources(text, file));
const names = topology.services.map((service) => service.name);

const named = (kind: string, name: string): Resource => {
  const found = resources.find(
    (resource) => resource.kind === kind && resource.metadata.name === name,
  );
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
};
const specOf = (kind: string, name: string): Record<string, unknown> =>
  asRecord(named(kind, name).body.spec);
const podOf = (name: string): Record<string, unknown> =>
  asRecord(asRecord(specOf('Deployment', name).template).spec);
const containerOf = (name: string): Record<string, unknown> =>
  asRecords(podOf(name).containers)[0] ?? {};

describe('the files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windtunnel-synth-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('manifests/ is what synth writes, byte by byte', async () => {
    await writeFolder(folder, files);
    const committed = join(import.meta.dirname, '..', 'manifests');
    expect((await readdir(committed)).sort()).toEqual((await readdir(folder)).sort());
    for (const file of await readdir(folder)) {
      const fresh = await readFile(join(folder, file), 'utf8');
      expect(`${file}\n${await readFile(join(committed, file), 'utf8')}`).toBe(`${file}\n${fresh}`);
    }
  });

  test('are the same on a second run', () => {
    expect([...renderManifests(topology)]).toEqual([...files]);
  });

  test('apply in the order of their names: namespace and rules first', () => {
    expect([...files.keys()]).toEqual([
      '00-namespace.yaml',
      '01-mesh.yaml',
      'inventory.yaml',
      'orders.yaml',
      'payments.yaml',
      'storefront.yaml',
      'users.yaml',
    ]);
  });

  test('hold only what the schemas of Kubernetes and Istio allow', async () => {
    for (const resource of resources) {
      expect([resource.metadata.name, await schemaProblems(resource)]).toEqual([
        resource.metadata.name,
        [],
      ]);
    }
  });

  test('hold everything in the namespace, and each object once', () => {
    const outside = resources.filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'shop',
    );
    expect(outside).toEqual([]);
    const ids = resources.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the namespace', () => {
  test('injects sidecars and demands the restricted standard', () => {
    expect(named('Namespace', 'shop').metadata.labels).toEqual({
      'istio-injection': 'enabled',
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    });
  });

  test('allows nothing by default: mutual TLS only, no request, no connection', () => {
    expect(specOf('PeerAuthentication', 'default')).toEqual({ mtls: { mode: 'STRICT' } });
    expect(named('AuthorizationPolicy', 'deny-all').body.spec).toEqual({});
    expect(specOf('NetworkPolicy', 'deny-all')).toEqual({
      podSelector: {},
      policyTypes: ['Egress', 'Ingress'],
    });
  });
});

describe.each(names)('the workload of %s', (name) => {
  test('meets the restricted pod security standard', () => {
    expect(podOf(name)).toMatchObject({
      automountServiceAccountToken: false,
      hostNetwork: false,
      serviceAccountName: name,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(containerOf(name)).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        privileged: false,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        runAsUser: 1000,
      },
    });
    expect(named('ServiceAccount', name).body.automountServiceAccountToken).toBe(false);
  });

  test('is selected by its label in Service, budget and network policy', () => {
    const labels = asRecord(asRecord(specOf('Deployment', name).template).metadata).labels;
    expect(labels).toMatchObject({ app: name, version: 'v1', 'app.kubernetes.io/name': name });
    expect(specOf('Deployment', name).selector).toEqual({ matchLabels: { app: name } });
    expect(specOf('Service', name).selector).toEqual({ app: name });
    expect(specOf('PodDisruptionBudget', name)).toEqual({
      maxUnavailable: 1,
      selector: {
        matchLabels: { app: name },
        matchExpressions: [{ key: 'windtunnel.dev/load', operator: 'DoesNotExist' }],
      },
    });
    expect(specOf('NetworkPolicy', name).podSelector).toEqual({ matchLabels: { app: name } });
  });

  test('asks its health of its own protocol', () => {
    const grpc = name === 'inventory' || name === 'payments';
    const probe = grpc ? { grpc: { port: 50_051 } } : { httpGet: { path: '/readyz', port: 8080 } };
    expect(containerOf(name)).toMatchObject({ readinessProbe: probe, startupProbe: probe });
    const port = grpc ? 50_051 : 8080;
    expect(specOf('Service', name).ports).toEqual([
      {
        name: grpc ? 'grpc' : 'http',
        appProtocol: grpc ? 'grpc' : 'http',
        port,
        targetPort: port,
      },
    ]);
  });
});

test('all requests together leave most of two cores free', () => {
  const millis = names.map((name) => {
    const sidecar = asRecord(
      asRecord(asRecord(specOf('Deployment', name).template).metadata).annotations,
    )['sidecar.istio.io/proxyCPU'];
    const { cpu } = asRecord(asRecord(containerOf(name).resources).requests);
    const replicas = Number(specOf('Deployment', name).replicas);
    return replicas * (Number.parseInt(String(cpu), 10) + Number.parseInt(String(sidecar), 10));
  });
  expect(millis.reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(500);
});

test('the network lets callers and Prometheus in; callees, DNS, istiod and the collector out; and nothing more', () => {
  const { ingress, egress } = specOf('NetworkPolicy', 'orders');
  const pods = (app: string): object => ({ podSelector: { matchLabels: { app } } });
  const tcp = (port: number): object => ({ port, protocol: 'TCP' });
  const inNamespace = (namespace: string, labels: object): object => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: { matchLabels: labels },
  });
  expect(ingress).toEqual([
    { from: [pods('storefront')], ports: [tcp(8080)] },
    { from: [inNamespace('observability', { app: 'prometheus' })], ports: [tcp(15_020)] },
  ]);
  expect(egress).toEqual([
    { to: [pods('inventory')], ports: [tcp(50_051)] },
    { to: [pods('payments')], ports: [tcp(50_051)] },
    { to: [pods('users')], ports: [tcp(8080)] },
    {
      to: [inNamespace('kube-system', { 'k8s-app': 'kube-dns' })],
      ports: [{ port: 53, protocol: 'UDP' }, tcp(53)],
    },
    { to: [inNamespace('istio-system', { app: 'istiod' })], ports: [tcp(15_012)] },
    { to: [inNamespace('observability', { app: 'jaeger' })], ports: [tcp(4318)] },
  ]);
});
