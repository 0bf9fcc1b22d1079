import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import { type CallOutcome, newRequestContext } from '../../src/call/outcome.ts';
import { sendCall } from '../../src/call/send.ts';
import { openClusterTarget } from '../../src/cluster/target/open.ts';
import type { AccessLogEntry } from '../../src/target/access-log.ts';
import type { Target } from '../../src/target/target.ts';
import { buildCall } from '../../src/topology/calls.ts';
import { askCluster, clusterArgs, testKube } from '../support/cluster.ts';
import { projectDir, runCli } from '../support/run-cli.ts';
import { runExec } from '../support/run-exec.ts';

const { namespace } = topology;
const signal = AbortSignal.timeout(600_000);
const notes: string[] = [];
let target: Target;

beforeAll(async () => {
  target = await openClusterTarget({
    place: { name: 'kind', cluster: inject('cluster').name },
    topology,
    projectDir,
    env: process.env,
    signal,
    note: (text) => notes.push(text),
  });
});
afterAll(() => target?.close());

/** One call of an operation as a caller; and its trace. */
async function call(caller: string, operation: string): Promise<CallOutcome & { traceId: string }> {
  const made = buildCall(topology, operation, {});
  const entry = await target.entry(caller, made.authority);
  const { headers, traceId } = newRequestContext();
  return { ...(await sendCall(made, { projectDir, entry, headers, signal })), traceId };
}

const podOf = async (app: string): Promise<string> => {
  const names = await askCluster(
    'kubectl',
    '-n',
    namespace,
    'get',
    'pods',
    '-l',
    `app=${app}`,
    '-o',
    'name',
  );
  return names.trim().split('\n')[0]?.replace('pod/', '') ?? '';
};

test('counters of the retries of an edge are there, and count', async () => {
  const filter = '^cluster\\.outbound.*users\\.shop.*\\.upstream_rq_(retry|total)$';
  const read = async () => Object.values(await target.counters('storefront', filter));
  const before = await read();
  expect(before).toHaveLength(2);
  for (let i = 0; i < 5; i++) expect((await call('storefront', 'users.get')).ok).toBe(true);
  const sum = (all: number[]): number => all.reduce((total, one) => total + one, 0);
  expect(sum(await read())).toBeGreaterThanOrEqual(sum(before) + 5);
});

test('a mark beyond the end gives nothing older, and the next mark all that came since, once', async () => {
  const first = await call('orders', 'payments.Charge');
  const { entries, mark } = await target.accessLog('payments', Number.MAX_SAFE_INTEGER);
  expect(entries).toEqual([]);
  const second = await call('orders', 'payments.Charge');
  const later = await target.accessLog('payments', mark);
  const traces = later.entries.map(({ traceId }) => traceId);
  expect(traces.filter((trace) => trace === second.traceId)).toHaveLength(1);
  expect(traces).not.toContain(first.traceId);
  expect((await target.accessLog('payments', later.mark)).entries).not.toContainEqual(
    expect.objectContaining({ traceId: second.traceId }),
  );
  expect((await target.accessLog('payments', 0)).entries.map(({ traceId }) => traceId)).toContain(
    first.traceId,
  );
});

test('pods that are replaced lose no line, and callers that are replaced still call', async () => {
  const marks = await target.accessLog('payments', Number.MAX_SAFE_INTEGER);
  await target.entry('orders', 'payments:50051');
  const restart = askCluster(
    'kubectl',
    '-n',
    namespace,
    'rollout',
    'restart',
    'deployment/payments',
    'deployment/orders',
  );
  await restart;
  const done = Promise.all(
    ['payments', 'orders'].map((name) =>
      askCluster(
        'kubectl',
        '-n',
        namespace,
        'rollout',
        'status',
        `deployment/${name}`,
        '--timeout=180s',
      ),
    ),
  );
  let over = false;
  void done.finally(() => (over = true));
  const answered: string[] = [];
  while (!over) {
    const outcome = await call('orders', 'payments.Charge');
    if (outcome.ok) answered.push(outcome.traceId);
    await sleep(20);
  }
  await done;
  await sleep(3000);
  for (let i = 0; i < 10; i++) answered.push((await call('orders', 'payments.Charge')).traceId);
  const lines = await untilSeen(answered.at(-1) ?? '', marks.mark);
  const seen = lines.filter(
    ({ direction, grpcStatus }) => direction === 'inbound' && grpcStatus === 0,
  );
  const counts = answered.map((trace) => seen.filter(({ traceId }) => traceId === trace).length);
  expect(answered.length).toBeGreaterThan(30);
  expect(new Set(counts)).toEqual(new Set([1]));
  expect(new Set(seen.map(({ pod }) => pod)).size).toBe(2);
});

async function untilSeen(trace: string, mark: number): Promise<AccessLogEntry[]> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const { entries } = await target.accessLog('payments', mark);
    if (entries.some(({ traceId }) => traceId === trace)) return entries;
    await sleep(100);
  }
  throw new Error(`no line of ${trace}`);
}

test('a service process is stopped, continued and killed, and comes again', async () => {
  const pod = await podOf('payments');
  const kube = await testKube();
  const restarts = async (): Promise<number> => {
    const { status } = await kube.core.readNamespacedPod({ namespace, name: pod });
    return status?.containerStatuses?.find(({ name }) => name === 'payments')?.restartCount ?? 0;
  };
  const before = await restarts();
  await target.kill(pod, 'SIGSTOP');
  const stopped = await call('orders', 'payments.Charge');
  await target.kill(pod, 'SIGCONT');
  expect(stopped.ok).toBe(false);
  await expect
    .poll(async () => (await call('orders', 'payments.Charge')).ok, { timeout: 30_000 })
    .toBe(true);
  expect(await restarts()).toBe(before);
  await target.kill(pod, 'SIGKILL');
  await expect.poll(restarts, { timeout: 60_000, interval: 500 }).toBe(before + 1);
  await expect
    .poll(async () => (await call('orders', 'payments.Charge')).ok, {
      timeout: 60_000,
      interval: 500,
    })
    .toBe(true);
  await expect(target.kill('nobody', 'SIGKILL')).rejects.toThrow(/no pod nobody/);
});

test('a name that does not exist resets the connection, and the reason is told', async () => {
  const entry = await target.entry('orders', 'nowhere:80');
  await expect(fetch(`http://127.0.0.1:${entry.port}/`)).rejects.toThrow('fetch failed');
  await expect.poll(() => notes.join('\n')).toMatch(/orders → nowhere:80: getaddrinfo ENOTFOUND/);
});

test('a call that is killed leaves no relay in the pod', async () => {
  const kube = await testKube();
  const relays = async (): Promise<number> => {
    // Processes may end while they are looked at.
    const list = `const f=require('fs');const is=p=>{try{return f.readFileSync('/proc/'+p+'/cmdline','utf8').includes('run'+'Relay')}catch{return false}};console.log(f.readdirSync('/proc').filter(p=>p!=process.pid&&/^\\d+$/.test(p)&&is(p)).length)`;
    const where = { namespace, pod: await podOf('inventory'), container: 'inventory' };
    const { stdout } = await runExec(kube, where, ['node', '-e', list], { timeoutMs: 20_000 });
    return Number(stdout);
  };
  // That of a test before this one may be about to end.
  await expect.poll(relays, { timeout: 20_000 }).toBe(0);
  let child: ChildProcess | undefined;
  // Its relay stays for seconds: the call fails, and the CLI goes on looking for hops of it.
  const calling = runCli(['call', 'http://nowhere:80/', '--from', 'inventory', ...clusterArgs()], {
    timeoutMs: 60_000,
    onStart: (started) => (child = started),
  });
  let over = false;
  void calling.finally(() => (over = true));
  let seen = 0;
  while (!over && seen === 0) seen = await relays();
  const alive = child?.kill('SIGKILL');
  const { status, stderr } = await calling;
  expect(seen, `a relay while the call ran; it said ${stderr}`).toBeGreaterThan(0);
  expect(alive).toBe(true);
  expect(status).toBeNull();
  await expect.poll(relays, { timeout: 20_000 }).toBe(0);
});
