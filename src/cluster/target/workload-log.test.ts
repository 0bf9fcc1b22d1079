import { afterEach, describe, expect, test } from 'vitest';
import { ApiError, kubeError } from '../kube/errors.ts';
import type { ClusterPod, ClusterWorkload } from './pods.ts';
import { createWorkloadLog, type ReadLog, type WorkloadLog } from './workload-log.ts';

const at = (second: number): string => `2026-01-01T00:00:0${second}.000000000Z`;
const line = (second: number, requestId: string): string =>
  `${at(second)} ${JSON.stringify({ requestId, upstreamCluster: 'inbound|8080||', durationMs: '1' })}`;
const forbidden = kubeError(new ApiError(403, '', { message: 'pods/log is forbidden' }), 'the log');
const broke = kubeError(new Error('the connection broke'), 'the log');

const pod: ClusterPod = {
  namespace: 'shop',
  name: 'users-1',
  labels: {},
  node: 'node',
  container: 'users',
  containerId: 'containerd://a',
  sidecar: true,
  sidecarId: 'containerd://b',
  ready: true,
  terminating: false,
};
const users: ClusterWorkload = { name: 'users', namespace: 'shop', gateway: false, pods: [pod] };

describe("a workload's access log", () => {
  const opened: WorkloadLog[] = [];
  afterEach(() => opened.splice(0).forEach((log) => log.close()));

  /** `followed` is what the stream gives, `last` what the kubelet's file ends with. */
  const open = (followed: string[] | Error, last: string[] | Error, pods = [pod]): WorkloadLog => {
    const readLog: ReadLog = async function* (_container, { follow }, signal) {
      const answer = follow === true ? followed : last;
      if (answer instanceof Error) throw answer;
      yield* answer;
      if (follow !== true || pods.length === 0) return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    };
    const view = { workloads: async () => [{ ...users, pods }] };
    const log = createWorkloadLog(readLog, view, { ask: async () => '' }, users, 50);
    opened.push(log);
    return log;
  };
  const ids = (log: WorkloadLog): unknown[] =>
    log.since(0).entries.map(({ requestId }) => requestId);

  test('is settled when the last line of the file has come', async () => {
    const log = open([line(1, 'a'), line(2, 'b')], [line(2, 'b')]);
    await log.settle();
    expect(ids(log)).toEqual(['a', 'b']);
  });

  test('that the user may not read is an error, and no empty log', async () => {
    const settling = open(forbidden, forbidden).settle();
    await expect(settling).rejects.toThrow('pods/log is forbidden');
    await expect(settling).rejects.toMatchObject({ code: 'preflight' });
  });

  test('that cannot be followed says why', async () => {
    await expect(open(broke, [line(2, 'b')]).settle()).rejects.toThrow('the connection broke');
  });

  test('that lags behind is an error: its lines are missing', async () => {
    const settling = open([line(1, 'a')], [line(2, 'b')]).settle();
    await expect(settling).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining(`the lines until ${at(2)} have not come`),
    });
  });

  test('of a pod that ended unread is a gap for those who asked for its lines', async () => {
    const log = open(broke, [line(2, 'b')], []);
    await log.settle();
    expect(log.since(0).gaps).toEqual([]);
    log.close();
    const later = log.since(Number.MAX_SAFE_INTEGER);
    expect(later.gaps).toEqual([]);
    expect(later.mark).toBe(1);
  });

  test('a gap counts from the mark on', async () => {
    let streams = 0;
    const readLog: ReadLog = async function* (_container, { follow }) {
      if (follow !== true) return;
      streams++;
      if (streams === 1) yield line(1, 'a');
      throw broke;
    };
    const view = { workloads: async () => [{ ...users, pods: [] }] };
    const log = createWorkloadLog(readLog, view, { ask: async () => '' }, users, 50);
    opened.push(log);
    await expect.poll(() => log.since(1).gaps).toEqual([`users-1: ${broke.message}`]);
    expect(log.since(1).entries).toEqual([]);
    expect(log.since(2).gaps).toEqual([]);
  });
});
