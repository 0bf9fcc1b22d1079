import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';
import { createInClusterRest } from '../kube/in-cluster-rest.ts';
import { objectsOver, type Objects } from '../kube/objects.ts';
import { serveHealth } from './health.ts';
import { createReaper, type ReaperEvent } from './reaper.ts';

// The reaper: puts back what experiments have changed when their lease has run out. It runs in the cluster
// (addons/reaper.yaml), so that what was changed goes even when the machine that changed it is gone.
// WINDTUNNEL_NAMESPACES: where to look, separated by commas. PORT: of the probes (8080).
// WINDTUNNEL_KUBECONFIG: a kubeconfig to use outside a cluster.

/** Time between two looks at the leases: one small request a namespace. */
const pollMs = 2000;
/** Without a round for that long something hangs: every request gives up after 30 s. */
const hangsAfterMs = 120_000;

function tell(event: ReaperEvent): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
}

async function openObjects(env: NodeJS.ProcessEnv): Promise<Objects> {
  const file = env.WINDTUNNEL_KUBECONFIG;
  if (file === undefined) return objectsOver(await createInClusterRest(env));
  // Loaded here only: Kubernetes' client takes more memory than all of the reaper.
  const [{ openKube }, { createObjects }, { readFile }] = await Promise.all([
    import('../kube/client.ts'),
    import('../kube/kube-rest.ts'),
    import('node:fs/promises'),
  ]);
  return createObjects(openKube({ type: 'text', kubeconfig: await readFile(file, 'utf8') }));
}

async function run(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const namespaces = (env.WINDTUNNEL_NAMESPACES ?? '').split(',').filter((name) => name !== '');
  if (namespaces.length === 0) {
    throw new WindtunnelError('usage', 'WINDTUNNEL_NAMESPACES names no namespace', {
      next: 'Set it to the namespaces to look after, e.g. shop',
    });
  }
  const elapsedMs = (): number => performance.now();
  const objects = await openObjects(env);
  const reaper = createReaper({ objects, namespaces, elapsedMs, nowMs: Date.now, tell });
  let lastRoundMs = elapsedMs();
  await serveHealth(Number(env.PORT ?? 8080), {
    alive: () => elapsedMs() - lastRoundMs < hangsAfterMs,
    ready: reaper.answers,
  });
  tell({ event: 'started', namespaces });
  while (!signal.aborted) {
    await reaper.round();
    lastRoundMs = elapsedMs();
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
}

// Ending in the middle of a revert is safe: another reaper, or this one's successor, goes on with it.
const stopping = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => {
    stopping.abort();
    tell({ event: 'stopped' });
    process.exit(0);
  });
}
try {
  await run(process.env, stopping.signal);
} catch (thrown) {
  const { message, next } = WindtunnelError.from(thrown);
  process.stderr.write(`reaper: ${message}\n${next === undefined ? '' : `  next: ${next}\n`}`);
  process.exitCode = 1;
}
