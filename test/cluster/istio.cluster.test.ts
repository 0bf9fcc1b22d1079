import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import { askCluster } from '../support/cluster.ts';

const { namespace } = topology;

const findings = async (...files: string[]): Promise<{ code: string }[]> =>
  JSON.parse(
    // A finding is what is asked for, not a failure of the question.
    await askCluster(
      'istioctl',
      'analyze',
      '-n',
      namespace,
      '-o',
      'json',
      '--failure-threshold',
      'Error',
      ...files,
    ),
  ) as { code: string }[];

test('istioctl analyze finds nothing in the live namespace, and would find something', async () => {
  expect(await findings()).toEqual([]);
  const folder = await mkdtemp(join(tmpdir(), 'windtunnel-analyze-'));
  try {
    const file = join(folder, 'shadow.yaml');
    const text = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: second, namespace: ${namespace}}
spec:
  host: users.${namespace}.svc.cluster.local
  subsets: [{name: nobody, labels: {version: none}}]
`;
    await writeFile(file, text);
    expect(await findings(file)).not.toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

interface SyncStatus {
  resources: {
    node: { id: string };
    genericXdsConfigs?: { typeUrl: string; configStatus: string }[];
  }[];
}

test('istioctl proxy-status: every sidecar has all that istiod sent', async () => {
  const status = JSON.parse(await askCluster('istioctl', 'proxy-status', '-o', 'json')) as
    | SyncStatus
    | undefined;
  const proxies = status?.resources ?? [];
  const workloads = proxies.map(({ node }) => node.id.replace(/-[^-]+-[^-]+\./, '.'));
  for (const { name } of topology.services) expect(workloads).toContain(`${name}.${namespace}`);
  expect(workloads).toContain('istio-ingressgateway.istio-system');
  const unsynced = proxies.flatMap(({ node, genericXdsConfigs = [] }) =>
    genericXdsConfigs
      // A proxy that is told of nothing (no routes, no endpoints) has nothing to acknowledge.
      .filter(({ configStatus }) => configStatus !== 'SYNCED' && configStatus !== 'NOT_SENT')
      .map(({ typeUrl, configStatus }) => `${node.id} ${typeUrl} ${configStatus}`),
  );
  expect(unsynced).toEqual([]);
});
