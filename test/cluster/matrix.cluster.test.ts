import { expect, test } from 'vitest';
import type { CellVerdict } from '../../src/call/matrix.ts';
import { runCli } from '../support/run-cli.ts';
import { askCluster, runOnCluster } from '../support/cluster.ts';

interface Told {
  edges: { edge: string; proven: boolean }[];
  matrix: Record<
    'deployed' | 'open',
    { caller: string; operation: string; verdict: CellVerdict }[]
  > & {
    plaintext: { service: string; verdict: string }[];
  };
}

/** Every verdict by what it is about. */
function verdicts({ edges, matrix }: Told): Record<string, unknown> {
  const cells = (['deployed', 'open'] as const).flatMap((egress) =>
    matrix[egress].map(({ caller, operation, verdict }) => [
      `${egress} ${caller}->${operation}`,
      verdict,
    ]),
  );
  const plain = matrix.plaintext.map(({ service, verdict }) => [`plaintext ${service}`, verdict]);
  return Object.fromEntries([
    ...edges.map(({ edge, proven }) => [edge, proven]),
    ...cells,
    ...plain,
  ]);
}

test('every identity meets the same verdict at every operation as on the local mesh', async () => {
  const name = `test-matrix-${process.pid}`;
  const prove = ['prove', '--matrix', '--json'];
  const onCluster = await runOnCluster(prove);
  expect(onCluster).toMatchObject({ status: 0 });
  const local = await runLocally(name, prove);
  const told = verdicts(JSON.parse(onCluster.stdout) as Told);
  expect(Object.keys(told).length).toBeGreaterThan(150);
  expect(told).toEqual(verdicts(JSON.parse(local) as Told));
});

test('nothing of the proof is left', async () => {
  const jobs = await askCluster('kubectl', 'get', 'jobs', '-A', '-o', 'name');
  expect(jobs).not.toContain('windtunnel-outside');
  const routes = await askCluster('kubectl', 'get', 'virtualservices', '-A', '-o', 'name');
  expect(routes).not.toContain('/open-');
});

/** Brings a local mesh up for one command. */
async function runLocally(name: string, args: string[]): Promise<string> {
  const stop = new AbortController();
  let ready = (): void => {};
  const isUp = new Promise<void>((resolve) => (ready = resolve));
  const up = runCli(['up', '--name', name], {
    onStart: (child) => stop.signal.addEventListener('abort', () => child.kill('SIGINT')),
    onProgress: () => {},
  });
  const poll = setInterval(() => {
    void runCli(['status', '--name', name]).then(({ status }) =>
      status === 0 ? ready() : undefined,
    );
  }, 1500);
  try {
    await Promise.race([isUp, up]);
    clearInterval(poll);
    const done = await runCli([...args, '--name', name]);
    if (done.status !== 0) throw new Error(done.stderr);
    return done.stdout;
  } finally {
    clearInterval(poll);
    stop.abort();
    await up;
  }
}
