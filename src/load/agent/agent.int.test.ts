import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { arrivalOffsetsMs } from '../arrivals.ts';
import { runOpenLoop } from '../open-loop.ts';
import { seededRandom } from '../random.ts';
import type { LoadReport } from '../recorder.ts';
import { createRestSender } from '../rest.ts';
import { connectAgent, type LoadAgent } from './client.ts';
import type { AgentLink } from './link.ts';
import type { RequestSpec } from './protocol.ts';
import { spawnAgent } from './spawn.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const listen = async (listener: RequestListener): Promise<number> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const request = (port: number, more: object = {}): RequestSpec => ({
  protocol: 'http',
  address: '127.0.0.1',
  port,
  authority: 'users:8080',
  method: 'GET',
  path: '/users/123',
  timeoutMs: 200,
  ...more,
});

const start = async (args: string[] = []): Promise<{ agent: LoadAgent; link: AgentLink }> => {
  const link = spawnAgent(args);
  const agent = await connectAgent(link);
  cleanups.push(() => agent.close());
  return { agent, link };
};

const plan = (more: object = {}) => ({
  arrivals: { kind: 'poisson' as const, ratePerSecond: 500 },
  requests: 300,
  seed: 11,
  requestIdPrefix: 'wt-a-',
  maxOutstanding: 1024,
  ...more,
});

/** By the number in its request id, what becomes of a request: every way that one can end. */
const moody: RequestListener = (incoming, response) => {
  const number = Number(String(incoming.headers['x-request-id']).split('-').at(-1)) % 6;
  if (number === 0) incoming.socket.destroy();
  // One of number 1 is never answered: the generator's own bound ends it.
  if (number < 2) return;
  response.statusCode = [0, 0, 200, 404, 503, 201][number] ?? 500;
  response.end('x'.repeat(2000));
};

const counts = ({ scheduled, completed, notSent, stopped, classes, outcomes }: LoadReport) => ({
  scheduled,
  completed,
  notSent,
  stopped,
  classes,
  outcomes,
});

describe('the load agent', () => {
  test('counts exactly what a sender in this process counts', async () => {
    const port = await listen(moody);
    const { agent } = await start();
    // Far longer than a busy machine lets an answer wait, so that only what never answers runs into it.
    const patient = request(port, { timeoutMs: 3000 });
    const source = await agent.open(patient);
    const there = await source.run(plan());
    const sender = createRestSender({ ...patient, address: '127.0.0.1', method: 'GET' });
    cleanups.push(() => sender.close());
    const { arrivals, requests, seed } = plan();
    const here = await runOpenLoop({
      offsetsMs: arrivalOffsetsMs(arrivals, requests, seededRandom(seed)),
      send: (index) => sender.send(`wt-a-${index}`),
    });
    expect(counts(there)).toEqual(counts(here));
    expect(there.outcomes).toEqual({
      'broken UND_ERR_SOCKET': 50,
      timeout: 50,
      'http 200': 50,
      'http 404': 50,
      'http 503': 50,
      'http 201': 50,
    });
    // The same seed is the same schedule: both lasted as long, plus what the last requests took.
    expect(there.durationMs / here.durationMs).toBeGreaterThan(0.6);
    expect(there.durationMs / here.durationMs).toBeLessThan(1.6);
  });

  test('serves several sources at a time, keeps the bound, and stops when it is told to', async () => {
    let held = 0;
    const port = await listen((incoming, response) => {
      if (incoming.url === '/held') held++;
      else response.end('ok');
    });
    const { agent } = await start();
    const open = (path: string) => agent.open(request(port, { path, timeoutMs: 60_000 }));
    const [quick, slow] = await Promise.all([open('/users/1'), open('/held')]);
    const stop = new AbortController();
    const hanging = slow.run(plan({ requests: 1000, maxOutstanding: 5 }), stop.signal);
    expect(await quick.run(plan({ requests: 50 }))).toMatchObject({ classes: { success: 50 } });
    expect(await quick.send('wt-one')).toEqual({ class: 'success', label: 'http 200' });
    stop.abort();
    const report = await hanging;
    expect(held).toBe(5);
    expect(report).toMatchObject({ scheduled: 1000, completed: 0 });
    expect(report.stopped).toBeGreaterThan(0);
    expect(report.notSent + report.stopped).toBe(995);
    // What waits when its source is closed is canceled, not forgotten.
    const waiting = slow.send('wt-two');
    await expect.poll(() => held).toBe(6);
    await slow.close();
    expect((await waiting).class).toBe('canceled');
  });

  test('says what is wrong with a load or a name, and goes on', async () => {
    const port = await listen((_incoming, response) => response.end('ok'));
    const { agent } = await start();
    const source = await agent.open(request(port));
    const none = plan({ arrivals: { kind: 'constant', ratePerSecond: 0 } });
    await expect(source.run(none)).rejects.toMatchObject({
      code: 'bad-experiment',
      next: 'give a rate above 0 and up to 1000000 requests per second',
    });
    await expect(agent.open(request(port, { address: 'no.such.invalid' }))).rejects.toMatchObject({
      code: 'unreachable',
    });
    await source.close();
    await expect(source.send('late')).rejects.toMatchObject({ code: 'usage' });
    expect(await (await agent.open(request(port))).send('x')).toMatchObject({ class: 'success' });
  });

  test('answers a malformed line with an error line, and goes on', async () => {
    const link = spawnAgent();
    cleanups.push(() => link.close());
    const lines = createInterface({ input: link.output })[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
    expect(await next()).toMatchObject({ hello: { protocol: 1 } });
    link.input.write('what is this?\n{"do":"run","id":4}\n{"do":"ping","id":5}\n');
    expect(await next()).toMatchObject({ id: null, error: { code: 'usage' } });
    expect(await next()).toMatchObject({ id: 4, error: { code: 'usage' } });
    expect(await next()).toEqual({ id: 5, done: null });
  });

  test('rejects what waits for it when it is killed, and says how it ended', async () => {
    const port = await listen(() => {});
    const { agent, link } = await start(['--lifetime-s', '1']);
    const source = await agent.open(request(port, { timeoutMs: 60_000 }));
    const waiting = source.run(plan());
    const ended = { code: 'call-failed', message: expect.stringContaining('exit 1') };
    await expect(waiting).rejects.toMatchObject(ended);
    await expect(source.send('x')).rejects.toMatchObject(ended);
    expect(await link.ended).toContain('exit 1');
    await source.close();
  });

  test('that speaks another version, or does not start, is refused', async () => {
    const fake = (line: string, how: Promise<string>): AgentLink => {
      const output = new PassThrough();
      output.write(line);
      return {
        where: 'old/image:1',
        input: new PassThrough(),
        output,
        ended: how,
        close: async () => {},
      };
    };
    const old = fake('{"hello":{"protocol":0}}\n', new Promise(() => {}));
    await expect(connectAgent(old)).rejects.toMatchObject({ code: 'preflight' });
    const broken = fake('', Promise.resolve('exit 1: Cannot find module'));
    await expect(connectAgent(broken)).rejects.toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('Cannot find module'),
    });
  });
});

describe('the process of the load agent', () => {
  const gone = async (pid: number): Promise<void> => {
    for (let tries = 0; tries < 100; tries++) {
      try {
        process.kill(pid, 0);
      } catch {
        return;
      }
      await sleep(50);
    }
    process.kill(pid, 'SIGKILL');
    throw new Error(`process ${pid} is still there`);
  };

  test('ends when it hears nothing for as long as it was told', async () => {
    const link = spawnAgent(['--silence-s', '0.4']);
    expect(await link.ended).toBe('exit 1');
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)('ends on %s', async (signal) => {
    const child = spawn(process.execPath, [new URL('main.ts', import.meta.url).pathname]);
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('ends with whoever started it, also by SIGKILL, in the middle of a load', async () => {
    let requests = 0;
    const port = await listen((_incoming, response) => {
      requests++;
      response.end('ok');
    });
    const script = `
      const { spawnAgent } = await import(${JSON.stringify(new URL('spawn.ts', import.meta.url).href)});
      const { connectAgent } = await import(${JSON.stringify(new URL('client.ts', import.meta.url).href)});
      const { execFileSync } = await import('node:child_process');
      const agent = await connectAgent(spawnAgent());
      const source = await agent.open(${JSON.stringify(request(port))});
      void source.run(${JSON.stringify(plan({ requests: 100_000 }))});
      console.log(execFileSync('ps', ['-o', 'pid=', '--ppid', String(process.pid)]).toString().trim().split('\\n')[0]);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => requests, { timeout: 5000 }).toBeGreaterThan(10);
    parent.kill('SIGKILL');
    await gone(pid);
  });
});
