import { expect, test } from 'vitest';
import type { WindtunnelError } from '../../errors.ts';
import { isOlder, judgeMachine, type MachineFacts, throwFailures } from './preflight.ts';

const gb = 1e9;
const good: MachineFacts = {
  docker: { type: 'answers', version: '28.2.2', memoryBytes: 16 * gb, freeDiskBytes: 50 * gb },
  tools: { kind: '0.33.0', istioctl: '1.31.0' },
  inotify: { instances: 512, watches: 524_288 },
  cluster: { name: 'windtunnel', exists: false, port: undefined },
  port: { wanted: 8080, asked: false, free: true },
};
const there: MachineFacts = {
  ...good,
  cluster: { name: 'windtunnel', exists: true, port: 8080 },
  port: { wanted: 8080, asked: false, free: false },
};

const thrownBy = (facts: MachineFacts): WindtunnelError | undefined => {
  try {
    throwFailures(judgeMachine(facts, false));
    return undefined;
  } catch (error) {
    return error as WindtunnelError;
  }
};

test('a machine with all that is needed has no finding, with a cluster or without', () => {
  expect(judgeMachine(good, true)).toEqual([]);
  expect(judgeMachine(there, true)).toEqual([]);
});

test.each<[string, MachineFacts, string, RegExp]>([
  ['no docker', { ...good, docker: { type: 'missing' } }, 'missing-tool', /docker is not on PATH/],
  [
    'a silent docker',
    { ...good, docker: { type: 'silent', reason: 'connection refused' } },
    'unreachable',
    /does not answer: connection refused/,
  ],
  [
    'little memory',
    {
      ...good,
      docker: { type: 'answers', version: '28.0', memoryBytes: 2 * gb, freeDiskBytes: null },
    },
    'preflight',
    /2\.0 GB of memory; the cluster takes 4\.0 GB, and does not fit into less than 3\.0 GB/,
  ],
  [
    'a full disk',
    {
      ...good,
      docker: { type: 'answers', version: '28.0', memoryBytes: 8 * gb, freeDiskBytes: gb },
    },
    'preflight',
    /1\.0 GB of free disk/,
  ],
  [
    'no kind',
    { ...good, tools: { kind: null, istioctl: '1.31.0' } },
    'missing-tool',
    /^kind is not/,
  ],
  [
    'an old istioctl',
    { ...good, tools: { kind: '0.33.0', istioctl: '1.26.3' } },
    'preflight',
    /istioctl 1\.26\.3 is too old: 1\.27/,
  ],
  ['a port in use', { ...good, port: { ...good.port, free: false } }, 'port-in-use', /port 8080/],
  [
    'few inotify instances',
    { ...good, inotify: { instances: 64, watches: 1e6 } },
    'preflight',
    /64 instances/,
  ],
  [
    'a name that kind refuses',
    { ...good, cluster: { ...good.cluster, name: 'My_Cluster' } },
    'usage',
    /'My_Cluster' is no name/,
  ],
  [
    'a cluster that maps no port',
    { ...there, cluster: { ...there.cluster, port: undefined } },
    'not-ours',
    /maps no host port/,
  ],
  [
    'another port for a cluster that is there',
    { ...there, port: { wanted: 9090, asked: true, free: true } },
    'preflight',
    /has port 8080, which cannot be changed to 9090/,
  ],
])('%s is a failure of its own code, with a next step', (_what, facts, code, message) => {
  const error = thrownBy(facts);
  expect(error?.code).toBe(code);
  expect(error?.message).toMatch(message);
  expect(error?.next).toBeTruthy();
});

test('several failures are told at once, each with its next step', () => {
  const error = thrownBy({
    ...good,
    docker: { type: 'missing' },
    tools: { kind: null, istioctl: null },
  });
  expect(error?.code).toBe('preflight');
  expect(error?.message.match(/ {2}✗ \w+ is not on PATH\n {6}next: Install it/g)).toHaveLength(3);
});

const withRoom = (
  facts: MachineFacts,
  memoryBytes: number,
  freeDiskBytes: number | null = null,
) => ({
  ...facts,
  docker: { type: 'answers', version: '28.0', memoryBytes, freeDiskBytes } as const,
});
const levels = (facts: MachineFacts, observability: boolean) =>
  judgeMachine(facts, observability).map(({ level }) => level);

test('what is only tight is a notice, and what is there already needs no room', () => {
  const tight = { inotify: { instances: 128, watches: 8192 } };
  expect(levels(withRoom(good, 3.5 * gb, 8 * gb), false)).toEqual(['notice', 'notice']);
  expect(levels({ ...withRoom(there, 2 * gb, 1 * gb), ...tight }, false)).toEqual([]);
});

test('the dashboards take more memory: with less they are refused, or told of where a cluster is there', () => {
  expect(levels(withRoom(good, 4 * gb), false)).toEqual([]);
  expect(levels(withRoom(good, 4 * gb), true)).toEqual(['failure']);
  expect(levels(withRoom(good, 5 * gb), true)).toEqual(['notice']);
  expect(levels(withRoom(good, 6 * gb), true)).toEqual([]);
  expect(levels(withRoom(there, 4 * gb), true)).toEqual(['notice']);
  expect(judgeMachine(withRoom(good, 4 * gb), true)[0]?.next).toContain('--observability');
});

test('versions compare by their numbers; one that is none is not older', () => {
  expect(isOlder('1.9', '1.27')).toBe(true);
  expect(isOlder('1.27.0', '1.27')).toBe(false);
  expect(isOlder('2.0', '1.27')).toBe(false);
  expect(isOlder('unknown', '1.27')).toBe(false);
});
