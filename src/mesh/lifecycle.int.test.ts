import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  eventually,
  get,
  type TinyProject,
  tinyImages,
  tinyProject,
} from '../../test/support/tiny-mesh.ts';
import { parseResources } from '../manifests/load.ts';
import { connect } from './control/client.ts';
import { isRunning, markedProcesses, type ProcessIdentity } from './processes/identity.ts';
import { instanceFolder, readState } from './instance/state.ts';
import { sweep } from './instance/sweep.ts';

let project: TinyProject;
beforeEach(() => {
  project = tinyProject();
});
afterEach(() => project.remove());

const script = fileURLToPath(new URL('../../test/support/run-tiny-mesh.ts', import.meta.url));

/** A mesh in another process, and every process that belongs to it. */
const runElsewhere = async (): Promise<{ pid: number; all: ProcessIdentity[]; folder: string }> => {
  const child = spawn(process.execPath, [script, project.dir, tinyImages], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const folder = instanceFolder(project.dir);
  const state = await readState(folder);
  return { pid: child.pid ?? 0, all: state?.processes ?? [], folder };
};

it('leaves no process when its own is killed, without anyone cleaning up', async () => {
  const { pid, all, folder } = await runElsewhere();
  expect(all.length).toBeGreaterThanOrEqual(8);
  expect(all.every(isRunning)).toBe(true);
  process.kill(pid, 'SIGKILL');
  await eventually('the end of all processes', () => !all.some(isRunning), 5000);
  expect(markedProcesses(folder)).toEqual([]);
  await expect(connect(folder)).rejects.toMatchObject({ code: 'not-running' });
});

it('cleans up after a killed instance whose guardian was killed, too, and starts anew', async () => {
  const { pid, all, folder } = await runElsewhere();
  const guardian = all.at(-1)?.pid ?? 0;
  const { socketFolder = '', supervisor = { pid, startTime: '' } } =
    (await readState(folder)) ?? {};
  process.kill(pid, 'SIGSTOP');
  process.kill(guardian, 'SIGKILL');
  process.kill(pid, 'SIGKILL');
  await eventually('the end of the supervisor', () => !isRunning(supervisor));
  expect(all.filter(isRunning).length).toBeGreaterThan(0);
  const report = await sweep(folder);
  expect(report.ended.length).toBeGreaterThan(0);
  expect(all.filter(isRunning)).toEqual([]);
  expect(existsSync(socketFolder)).toBe(false);
  expect(await sweep(folder)).toEqual({ running: false, ended: [] });
  const mesh = await project.start();
  expect((await mesh.control.status()).processes.every(({ state }) => state === 'ready')).toBe(
    true,
  );
});

it('ends in order by its control server, and keeps the logs', async () => {
  const mesh = await project.start();
  const state = await readState(mesh.folder);
  expect(statSync(join(mesh.folder, 'state.json')).mode & 0o777).toBe(0o600);
  const control = await connect(mesh.folder);
  expect((await control.status()).processes).toHaveLength(10);
  await control.shutdown();
  await mesh.ended;
  expect(state?.processes.filter(isRunning)).toEqual([]);
  expect(existsSync(join(mesh.folder, 'state.json'))).toBe(false);
  expect(existsSync(join(mesh.folder, 'logs', 'backend-0.tiny.app.log'))).toBe(true);
  await expect(control.status()).rejects.toMatchObject({ code: 'not-running' });
});

it('ends in the middle of a rollout without leaving the pod that was about to start', async () => {
  const mesh = await project.start();
  const tiny = readFileSync(join(project.manifests, 'tiny.yaml'), 'utf8');
  const changed = tiny.replaceAll(
    '- { name: ECHO_PORT,',
    '- { name: CHANGED, value: "1" }\n            $&',
  );
  expect(changed).not.toBe(tiny);
  const report = await mesh.control.apply('test', parseResources(changed, 'tiny.yaml'));
  expect(report.changed).not.toEqual([]);
  await mesh.stop();
  // A pod takes a moment to leave; its successor would come after that.
  for (let round = 0; round < 10; round++) {
    expect(markedProcesses(mesh.folder)).toEqual([]);
    await sleep(300);
  }
});

it('refuses whoever lacks the token of the control server', async () => {
  const mesh = await project.start({ manifests: [join(project.manifests, 'tiny.yaml')] });
  const state = await readState(mesh.folder);
  const url = `http://127.0.0.1:${state?.controlPort}/v1/status`;
  expect((await fetch(url, { method: 'POST' })).status).toBe(401);
  const headers = { authorization: `Bearer ${state?.token}` };
  expect((await fetch(url, { method: 'POST', headers })).status).toBe(200);
});

it('runs two instances side by side, and one name only once', async () => {
  const [first, second] = await Promise.all([
    project.start({ name: 'first' }),
    project.start({ name: 'second' }),
  ]);
  const entries = await Promise.all(
    [first, second].map(async (mesh) => (await mesh.control.status()).entry?.port ?? 0),
  );
  expect(new Set(entries).size).toBe(2);
  for (const port of entries) expect((await get(port, '/call/x')).status).toBe(200);
  await expect(project.start({ name: 'first' })).rejects.toMatchObject({ code: 'already-running' });
  await first.stop();
  expect((await get(entries[1] ?? 0, '/call/x')).status).toBe(200);
});

it('replaces certificates while it runs, without a failed request', async () => {
  const mesh = await project.start({ certificateTtlSeconds: 2 });
  const { port } = await mesh.control.entry('frontend', 'backend:80');
  const rotations = async (): Promise<number> => {
    const counters = await mesh.control.counters(
      'backend',
      'server_ssl_socket_factory.ssl_context_update_by_sds',
    );
    return Object.values(counters).reduce((sum, value) => sum + value, 0);
  };
  const before = await rotations();
  const statuses: number[] = [];
  // A connection each: new ones must find valid certificates, with the first ones long expired.
  await eventually('several rotations', async () => {
    statuses.push((await get(port, '/', { agent: new Agent() })).status);
    return (await rotations()) >= before + 8;
  });
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
}, 30_000);

it('says that a port is taken, and leaves nothing running', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await expect(project.start({ entryPort: port })).rejects.toMatchObject({
    code: 'port-in-use',
    message: expect.stringContaining(String(port)),
  });
  expect(markedProcesses(instanceFolder(project.dir))).toEqual([]);
  server.close();
});

it('says which service does not start, with the end of its log', async () => {
  const failing = join(project.dir, 'failing.yaml');
  writeFileSync(
    failing,
    readFileSync(join(project.manifests, 'tiny.yaml'), 'utf8').replaceAll(
      '{ name: ECHO_PORT, value: "yes" }',
      '{ name: NODE_OPTIONS, value: "--require=./missing.cjs" }',
    ),
  );
  await expect(project.start({ manifests: [failing] })).rejects.toMatchObject({
    code: 'start-failed',
    message: expect.stringContaining('missing.cjs'),
  });
  expect(markedProcesses(instanceFolder(project.dir))).toEqual([]);
});
