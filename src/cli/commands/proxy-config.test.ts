import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandInput } from '../command.ts';
import { proxyConfigCommand } from './proxy-config.ts';

const deployment = (name: string, namespace: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: app, image: x }] }
---
`;
const manifests = `
apiVersion: v1
kind: Service
metadata: { name: users, namespace: shop }
spec: { selector: { app: users }, ports: [{ name: http, port: 8080 }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge, namespace: shop }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }] }
---
${deployment('users', 'shop')}${deployment('twice', 'shop')}${deployment('twice', 'sales')}`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windtunnel-proxy-config-'));
  await writeFile(join(folder, 'all.yaml'), manifests);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(workload: string[], options: CommandInput['options'] = {}): Promise<unknown> {
  const lines: string[] = [];
  const input: Pick<CommandInput, 'options' | 'positionals' | 'cwd' | 'projectDir' | 'print'> = {
    options: { file: ['.'], ...options },
    positionals: workload,
    cwd: folder,
    projectDir: folder,
    print: (line) => lines.push(line),
  };
  expect(await proxyConfigCommand.run(input as CommandInput)).toBe(0);
  return JSON.parse(lines.join('\n'));
}

describe('proxy-config', () => {
  it.each(['users', 'users.shop', 'deploy/users', 'users-0', 'users-0.shop'])(
    'finds a workload by %s',
    async (name) => {
      const config = (await run([name])) as { routes: { name: string }[]; clusters: object[] };
      expect(config.routes.map((route) => route.name)).toEqual(['8080']);
      expect(config.clusters.length).toBeGreaterThan(2);
    },
  );

  it('prints one section only', async () => {
    const endpoints = (await run(['users'], { type: 'endpoints' })) as { clusterName: string }[];
    expect(endpoints.map((one) => one.clusterName)).toEqual([
      'outbound|8080||users.shop.svc.cluster.local',
    ]);
  });

  it('knows the gateway that no manifest declares', async () => {
    const listeners = (await run(['istio-ingressgateway'], { type: 'listeners' })) as object[];
    expect(listeners).toHaveLength(1);
  });

  it.each([
    [['nobody'], 'no workload nobody in the manifests'],
    [['twice'], 'twice may be several workloads'],
    [[], 'needs exactly one workload'],
  ])('refuses %j', async (names, message) => {
    await expect(run(names)).rejects.toThrow(message);
  });

  it('lists the workloads that there are', async () => {
    await expect(run(['nobody'])).rejects.toMatchObject({
      next: 'Name one of: users.shop, twice.shop, twice.sales, istio-ingressgateway.istio-system.',
    });
  });

  it('refuses an unknown section', async () => {
    await expect(run(['users'], { type: 'secrets' })).rejects.toThrow(
      '--type secrets is not known',
    );
  });
});
