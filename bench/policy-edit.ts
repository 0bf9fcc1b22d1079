/**
 * How long a policy edit takes until it decides a request: from the write to the first answer that obeys it,
 * asked over and over on a connection that was open before. Two ways to edit, in turn: a file of the manifests
 * that is watched, and `apply` over the control port. Istio's own control plane waits at least 100 ms before
 * it pushes (PILOT_DEBOUNCE_AFTER), which is what the ratio is taken to.
 *
 *   node bench/policy-edit.ts [ROUNDS]
 */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { silentProgress } from '../src/progress.ts';
import { parseResources } from '../src/manifests/load.ts';
import { startMesh } from '../src/mesh/mesh.ts';
import { interleave } from './kit/compare.ts';
import { median, quantile } from './kit/statistics.ts';

const istioDebounceMs = 100;
const editTimeoutMs = 10_000;

const projectDir = dirname(dirname(fileURLToPath(import.meta.url)));
const rounds = Number(process.argv[2] ?? 20);
const signal = AbortSignal.timeout(rounds * 10_000 + 60_000);
const folder = mkdtempSync(join(tmpdir(), 'windtunnel-bench-'));
const manifests = join(folder, 'manifests');
cpSync(join(projectDir, 'manifests'), manifests, { recursive: true });
const file = join(manifests, 'users.yaml');
const original = readFileSync(file, 'utf8');

/** The same manifest with another mark in the answer of users: a header that its VirtualService adds. */
function marked(mark: number): string {
  return original.replaceAll(
    /^( {6})route:$/gm,
    `$1headers: {response: {set: {x-bench-mark: "${mark}"}}}\n$1route:`,
  );
}

const mesh = await startMesh({
  projectDir,
  manifests: [manifests],
  name: `bench-edit-${process.pid}`,
  progress: silentProgress,
  signal,
});
const agent = new Agent({ connections: 1, pipelining: 1 });
try {
  const { address, port } = await mesh.control.entry('storefront', 'users:8080');
  const markNow = async (): Promise<string | undefined> => {
    const url = `http://${address}:${port}/users/123`;
    const { headers, body } = await request(url, { dispatcher: agent });
    await body.dump();
    return headers['x-bench-mark'] as string | undefined;
  };
  let mark = 0;
  const edit = (write: (text: string) => Promise<void>) => async (): Promise<number> => {
    mark++;
    await markNow();
    const text = marked(mark);
    const startedMs = performance.now();
    const written = write(text);
    while ((await markNow()) !== String(mark)) {
      if (performance.now() - startedMs > editTimeoutMs)
        throw new Error(`edit ${mark} not in force`);
      await sleep(1);
    }
    const elapsedMs = performance.now() - startedMs;
    await written;
    await mesh.control.revert('bench');
    await sleep(50);
    return elapsedMs;
  };
  const samples = await interleave(rounds, {
    'a file of the manifests': edit(async (text) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    }),
    apply: edit(async (text) => {
      await mesh.control.apply('bench', parseResources(text, file));
    }),
  });
  process.stdout.write('policy edit until it decides a request, ms\n');
  for (const { name, rounds: measured } of samples) {
    const all = measured.flat();
    const [p50, p99] = [median(all), quantile(all, 0.99)];
    process.stdout.write(
      `  ${name.padEnd(26)} p50 ${p50.toFixed(1).padStart(7)}  p99 ${p99.toFixed(1).padStart(7)}  ` +
        `p99 / Istio's debounce ${(p99 / istioDebounceMs).toFixed(2)}  (${all.length} edits)\n`,
    );
  }
} finally {
  await agent.destroy();
  await mesh.stop();
  rmSync(mesh.folder, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}
