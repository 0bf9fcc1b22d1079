import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorkloadLogs } from './workload-log.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windtunnel-log-'));
});
afterEach(() => rm(folder, { recursive: true }));

const file = (pod: string): string => join(folder, `${pod}.jsonl`);
const write = (pod: string, ...requestIds: string[]): Promise<void> =>
  appendFile(
    file(pod),
    requestIds.map((requestId) => `${JSON.stringify({ pod, requestId })}\n`).join(''),
  );
const ids = (read: { entries: { requestId: string | null }[] }): (string | null)[] =>
  read.entries.map(({ requestId }) => requestId);

test('lines of all replicas are one sequence, and a mark is where it goes on', async () => {
  const logs = createWorkloadLogs();
  const files = [file('a'), file('b')];
  await write('a', '1', '2');
  await write('b', '3');
  const first = await logs.read('users', files, 0);
  expect(ids(first)).toEqual(['1', '2', '3']);
  await write('a', '4');
  await write('b', '5');
  const second = await logs.read('users', files, first.mark);
  expect(ids(second)).toEqual(['4', '5']);
  expect(ids(await logs.read('users', files, second.mark))).toEqual([]);
  expect(ids(await logs.read('users', files, 0))).toEqual(['1', '2', '3', '4', '5']);
});

test('a mark beyond the end means the end', async () => {
  const logs = createWorkloadLogs();
  await write('a', '1');
  const { entries, mark } = await logs.read('users', [file('a')], Number.MAX_SAFE_INTEGER);
  expect(entries).toEqual([]);
  await write('a', '2');
  expect(ids(await logs.read('users', [file('a')], mark))).toEqual(['2']);
});

test('a line that is written in two pieces is read once, when it is whole', async () => {
  const logs = createWorkloadLogs();
  await appendFile(file('a'), '{"requestId":');
  const first = await logs.read('users', [file('a')], 0);
  expect(first.entries).toEqual([]);
  await appendFile(file('a'), '"1"}\n');
  expect(ids(await logs.read('users', [file('a')], first.mark))).toEqual(['1']);
});

test('reads at the same time give the same lines, none twice', async () => {
  const logs = createWorkloadLogs();
  await write('a', '1', '2', '3');
  const reads = await Promise.all([0, 0, 0].map((mark) => logs.read('users', [file('a')], mark)));
  for (const read of reads) expect(ids(read)).toEqual(['1', '2', '3']);
});

test('a replica that is gone keeps its lines in the sequence', async () => {
  const logs = createWorkloadLogs();
  await write('a', '1');
  await write('b', '2');
  const { mark } = await logs.read('users', [file('a'), file('b')], 0);
  await write('b', '3');
  expect(ids(await logs.read('users', [file('a')], mark))).toEqual(['3']);
  expect(ids(await logs.read('users', [file('a')], 0))).toEqual(['1', '2', '3']);
});
