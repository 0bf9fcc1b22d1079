import { readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from './control/client.ts';
import { eventually, exchange, get, tinyProject } from '../../test/support/tiny-mesh.ts';
import { parseResources } from '../manifests/load.ts';
import { createCertificateAuthority } from './certificates/authority.ts';
import type { RunningMesh } from './mesh.ts';

const project = tinyProject();
let mesh: RunningMesh;

const entry = async (workload: string, authority: string): Promise<number> =>
  (await mesh.control.entry(workload, authority)).port;

const portOf = async (pod: string, role: string): Promise<number> => {
  const { processes } = await mesh.control.status();
  const found = processes.find((one) => one.pod === pod && one.ports[role] !== undefined);
  return found?.ports[role] ?? 0;
};

const edit = (file: string, text: string): void =>
  writeFileSync(join(project.manifests, file), text);

beforeAll(async () => {
  mesh = await project.start();
});
afterAll(() => project.remove());

describe('calls', () => {
  it('carries a call of a service through both sidecars, as the identity of the caller', async () => {
    const port = await portOf('frontend-0', 'app');
    const answer = await get(port, '/call/hello', { headers: { 'x-request-id': 'call-1' } });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ path: '/hello', headers: { host: 'backend' } });
    const { entries } = await mesh.control.accessLog('backend', 0);
    expect(entries.find(({ path }) => path === '/hello')).toMatchObject({
      direction: 'inbound',
      status: 200,
      peer: 'spiffe://cluster.local/ns/tiny/sa/frontend',
      authority: 'backend',
      attemptHeader: 1,
    });
  });

  it('reaches every replica, and counts what it sent', async () => {
    const port = await entry('frontend', 'backend:80');
    const pods = new Set<string>();
    for (let i = 0; i < 40 && pods.size < 2; i++) {
      pods.add((JSON.parse((await get(port, '/')).body) as { pod: string }).pod);
    }
    expect([...pods].sort()).toEqual(['backend-0', 'backend-1']);
    const counters = await mesh.control.counters(
      'frontend',
      'cluster.outbound.80.*backend.*upstream_rq_total$',
    );
    expect(Object.values(counters)[0]).toBeGreaterThan(1);
  });

  it('enters through the ingress gateway', async () => {
    const { entry: gateway } = await mesh.control.status();
    const answer = await get(gateway?.port ?? 0, '/hello');
    expect(JSON.parse(answer.body)).toMatchObject({ pod: 'frontend-0', path: '/hello' });
  });

  it('carries TCP, streamed answers and WebSocket upgrades', async () => {
    expect(await exchange(await entry('frontend', 'backend:6379'), 'ping', 5000)).toBe('ping');
    const http = await entry('frontend', 'backend:80');
    expect((await get(http, '/ticks')).body).toBe('0\n1\n2\n');
    const handshake =
      'GET /ws HTTP/1.1\r\nhost: backend\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n';
    expect(await exchange(http, handshake, 1000)).toContain('101 Switching Protocols');
  });

  it('detects HTTP on a port that names no protocol, through both sidecars', async () => {
    const port = await entry('frontend', 'detected:8081');
    expect((await get(port, '/detected')).status).toBe(200);
    const { entries } = await mesh.control.accessLog('intruder', 0);
    const inbound = entries.filter(({ direction }) => direction === 'inbound');
    expect(inbound).toHaveLength(1);
    expect(inbound[0]).toMatchObject({
      path: '/detected',
      peer: 'spiffe://cluster.local/ns/tiny/sa/frontend',
    });
    const { entry: gateway } = await mesh.control.status();
    expect((await get(gateway?.port ?? 0, '/detected/2')).status).toBe(200);
    const later = (await mesh.control.accessLog('intruder', 0)).entries;
    expect(later.some(({ path }) => path === '/detected/2')).toBe(true);
  });
});

describe('security', () => {
  it('refuses an identity that no policy allows', async () => {
    const answer = await get(await entry('intruder', 'backend:80'), '/');
    expect(answer).toMatchObject({ status: 403, body: 'RBAC: access denied' });
  });

  it('refuses plaintext, and certificates of another authority, where mutual TLS is STRICT', async () => {
    const port = await portOf('backend-0', 'inbound:8080');
    expect((await get(port, '/')).status).toBe(0);
    const foreign = await createCertificateAuthority({ leafTtlSeconds: 60, nowMs: Date.now });
    const leaf = await foreign.issue('spiffe://cluster.local/ns/tiny/sa/frontend');
    const end = await new Promise<string>((resolve) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        cert: leaf.certificateChainPem,
        key: leaf.privateKeyPem,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
      });
      socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
      socket.on('data', (data) => resolve(data.toString('utf8')));
      socket.on('error', (error) => resolve(error.message));
      socket.on('close', () => resolve('closed'));
    });
    expect(end).not.toContain('HTTP/1.1');
  });
});

describe('a workload without a sidecar', () => {
  it('is called in plaintext by sidecars, calls its like, and is refused by STRICT ones', async () => {
    const frontend = await portOf('frontend-0', 'app');
    expect(JSON.parse((await get(frontend, '/other/x')).body)).toMatchObject({ pod: 'outsider-0' });
    const outsider = await portOf('outsider-0', 'app');
    expect((await get(outsider, '/other/x')).status).toBe(200);
    expect(await get(outsider, '/call/x')).toMatchObject({
      status: 502,
      body: expect.stringMatching(/ECONNRESET|socket hang up/) as string,
    });
  });
});

describe('edits', () => {
  const routes = readFileSync(join(project.manifests, 'backend-routes.yaml'), 'utf8');
  const policies = readFileSync(join(project.manifests, 'policies.yaml'), 'utf8');

  it('puts an edit of a VirtualService into force on open connections, without a restart', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const port = await entry('frontend', 'backend:80');
    expect((await get(port, '/', { agent })).status).toBe(200);
    const before = (await mesh.control.status()).processes.map(({ pid }) => pid);
    edit(
      'backend-routes.yaml',
      routes.replace(
        '- retries:',
        '- fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }\n      retries:',
      ),
    );
    let last = await get(port, '/', { agent });
    await eventually('the fault', async () => {
      last = await get(port, '/', { agent });
      return last.status === 418;
    });
    expect(last.reused).toBe(true);
    edit('backend-routes.yaml', routes);
    await eventually('no fault', async () => (await get(port, '/', { agent })).status === 200);
    expect((await mesh.control.status()).processes.map(({ pid }) => pid)).toEqual(before);
    agent.destroy();
  });

  it('puts an applied AuthorizationPolicy into force at once, on connections between sidecars too', async () => {
    const port = await entry('frontend', 'backend:80');
    expect((await get(port, '/closed')).status).toBe(200);
    const deny = parseResources(
      `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: closed, namespace: tiny }
spec: { action: DENY, rules: [{ to: [{ operation: { paths: [/closed] } }] }] }`,
      'deny.yaml',
    );
    const report = await mesh.control.apply('test', deny);
    expect(report.actions).toEqual({ 'AuthorizationPolicy tiny/closed': 'created' });
    expect(report.proxies).toBeGreaterThan(0);
    expect((await get(port, '/closed')).status).toBe(403);
    expect((await get(port, '/open')).status).toBe(200);
    expect((await mesh.control.revert('test')).changed).toEqual([
      'AuthorizationPolicy tiny/closed',
    ]);
    expect((await get(port, '/closed')).status).toBe(200);
    expect((await mesh.control.revert('test')).changed).toEqual([]);
  });

  it('takes a leased change back when nobody renews it, over the control port too', async () => {
    const control = await connect(mesh.folder);
    const port = await entry('frontend', 'backend:80');
    const deny = parseResources(
      `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: leased, namespace: tiny }
spec: { action: DENY, rules: [{ to: [{ operation: { paths: [/leased] } }] }] }`,
      'leased.yaml',
    );
    await control.apply('dead', deny, 600);
    expect((await get(port, '/leased')).status).toBe(403);
    expect(await control.renew('dead', 600)).toBe(true);
    await eventually('the revert', async () => (await get(port, '/leased')).status === 200);
    // The instance counts it as gone once every sidecar has said so, which may be after the first of them acts on it.
    await eventually('the end of the layer', async () => {
      const { applied } = await control.status();
      return Object.keys(applied).length === 0;
    });
    expect(await control.renew('dead', 600)).toBe(false);
  });

  it('keeps the old configuration everywhere when an edit is wrong, and says why', async () => {
    const port = await entry('frontend', 'backend:80');
    edit('policies.yaml', `${policies}\n---\nkind: [`);
    await eventually('the error', async () => (await mesh.control.status()).configError !== null);
    expect((await mesh.control.status()).configError).toContain('policies.yaml');
    expect((await get(port, '/')).status).toBe(200);
    expect((await get(await entry('intruder', 'backend:80'), '/')).status).toBe(403);
    edit('policies.yaml', policies);
    await eventually('no error', async () => (await mesh.control.status()).configError === null);
  });

  it('puts the old configuration back when an Envoy refuses the new one', async () => {
    const port = await entry('frontend', 'backend:80');
    const refused = parseResources(
      `apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: refused, namespace: tiny }
spec:
  workloadSelector: { labels: { app: backend } }
  configPatches:
    - applyTo: HTTP_ROUTE
      match: { context: SIDECAR_INBOUND }
      patch:
        operation: MERGE
        value:
          typed_per_filter_config:
            envoy.filters.http.fault:
              "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
              abort: { http_status: 9999, percentage: { numerator: 100 } }`,
      'refused.yaml',
    );
    await expect(mesh.control.apply('test', refused)).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('backend-'),
    });
    expect((await get(port, '/')).status).toBe(200);
    expect((await mesh.control.status()).applied).toEqual({});
  });
});

describe('processes', () => {
  it('starts a killed service again and leaves it out of the endpoints meanwhile', async () => {
    const port = await entry('frontend', 'backend:80');
    await mesh.control.kill('backend-0', 'SIGKILL');
    await eventually('the restart', async () => {
      const { processes } = await mesh.control.status();
      const one = processes.find(({ pod, kind }) => pod === 'backend-0' && kind === 'service');
      return one?.restarts === 1 && one.state === 'ready';
    });
    const statuses = new Set<number>();
    for (let i = 0; i < 20; i++) statuses.add((await get(port, '/')).status);
    expect([...statuses]).toEqual([200]);
  });

  it('follows replicas and variables of the manifests, and restarts nothing else', async () => {
    const tiny = readFileSync(join(project.manifests, 'tiny.yaml'), 'utf8');
    const pids = async (): Promise<Map<string, number>> =>
      new Map(
        (await mesh.control.status()).processes.map((one) => [`${one.pod} ${one.kind}`, one.pid]),
      );
    const before = await pids();
    edit(
      'tiny.yaml',
      tiny
        .replace('replicas: 2', 'replicas: 3')
        .replace(
          'value: backend }',
          'value: backend }\n            - { name: GREETING, value: hello }',
        ),
    );
    await eventually('three replicas and a new frontend', async () => {
      const { processes } = await mesh.control.status();
      const ready = processes
        .filter(({ state }) => state === 'ready')
        .map(({ pod, kind }) => `${pod} ${kind}`);
      const frontend = await pids();
      return (
        ready.includes('backend-2 service') &&
        frontend.get('frontend-0 service') !== before.get('frontend-0 service') &&
        ready.includes('frontend-0 service')
      );
    });
    const after = await pids();
    expect(after.get('backend-0 service')).toBe(before.get('backend-0 service'));
    expect(after.get('intruder-0 sidecar')).toBe(before.get('intruder-0 sidecar'));
    const { body } = await get(await portOf('frontend-0', 'app'), '/');
    expect(JSON.parse(body)).toMatchObject({ greeting: 'hello' });
    edit('tiny.yaml', tiny);
    await eventually('two replicas', async () => !(await pids()).has('backend-2 service'));
  });
});
