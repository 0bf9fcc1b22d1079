import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../errors.ts';
import { loadResources } from '../manifests/load.ts';
import { serveNames } from './control/name-server.ts';
import { startControlServer } from './control/server.ts';
import { followManifests } from './watch/follow-manifests.ts';
import { layFoundation } from './foundation.ts';
import { loadImages } from './containers/images.ts';
import { createLocalControl } from './control/local-control.ts';
import type { RunningMesh, StartMeshOptions } from './options.ts';
import { namesSocket } from './runtime/pod-spec.ts';
import { createRuntime, type Runtime } from './runtime/runtime.ts';
import { createStateKeeper } from './instance/state-keeper.ts';
import { defaultInstance, instanceFolder, readState } from './instance/state.ts';
import { claimFolder } from './instance/claim.ts';
import { sweep } from './instance/sweep.ts';
import { createUndo, type Undo } from './undo.ts';

export type { RunningMesh, StartMeshOptions } from './options.ts';

const claimTries = 40;
const claimPauseMs = 50;
const readyTimeoutMs = 60_000;
/** An answer has to reach the one who asked for the end before the server that sends it ends. */
const shutdownDelayMs = 20;

/**
 * Brings a local mesh up: every workload of the manifests as processes behind Envoy sidecars, ready to serve. On an error,
 * or when `signal` is aborted, everything that was started is ended again before it throws: `already-running`,
 * `bad-manifest`, `unsupported`, `unknown-reference`, `port-in-use`, `missing-tool`, `download-failed`, `io`, `rejected`
 * or `start-failed`.
 */
export async function startMesh(options: StartMeshOptions): Promise<RunningMesh> {
  const { name = defaultInstance } = options;
  const folder = instanceFolder(options.projectDir, name);
  const undo = createUndo();
  try {
    await claim(folder, name, undo);
    return await launch(options, folder, undo);
  } catch (thrown) {
    await undo.run();
    if (options.signal.aborted) {
      throw new WindtunnelError(
        'start-failed',
        'the start was interrupted; nothing is left running',
      );
    }
    throw WindtunnelError.from(thrown);
  }
}

/** Makes sure that no other process runs this instance, and ends what a killed one left behind. */
async function claim(folder: string, name: string, undo: Undo): Promise<void> {
  let claimed = await claimFolder(folder);
  // One that is about to end has taken its state away already, and lets go a moment later.
  for (let tries = 0; !claimed && tries < claimTries && !(await readState(folder)); tries++) {
    await sleep(claimPauseMs);
    claimed = await claimFolder(folder);
  }
  if (claimed) undo.add(() => claimed.release());
  const running = !claimed || (await sweep(folder)).running;
  if (!running) return;
  const state = await readState(folder);
  const who = state
    ? `runs already (process ${state.supervisor.pid}, since ${state.startedAt})`
    : 'is being started by another process';
  throw new WindtunnelError('already-running', `a local mesh named '${name}' ${who}`, {
    next: `windtunnel down --name ${name}, or give this one another --name`,
  });
}

async function launch(options: StartMeshOptions, folder: string, undo: Undo): Promise<RunningMesh> {
  const { projectDir, progress, signal, env = process.env, entryPort } = options;
  const { name = defaultInstance, manifests = [join(projectDir, 'manifests')] } = options;
  const base = await loadResources(manifests);
  if (base.length === 0) {
    throw new WindtunnelError('bad-manifest', `there is no manifest in ${manifests.join(', ')}`, {
      next: 'name a folder with *.yaml or *.yml files, or files: windtunnel up -f PATH',
    });
  }
  const imagesFile = options.imagesFile ?? join(projectDir, 'services', 'images.yaml');
  const images = await loadImages(imagesFile, options.imagesFile !== undefined);
  let runtime: Runtime | undefined;
  const rotated = (): void => void runtime?.refreshSecrets().catch(() => {});
  const foundation = await layFoundation(options, folder, undo, rotated);
  const { ports, guard, socketFolder } = foundation;
  const pids = (): number[] => [
    ...(runtime?.pods() ?? []).flatMap((pod) => pod.status().map(({ pid }) => pid)),
    guard.pid,
  ];
  const controlPort = await ports.allot('control');
  const keeper = createStateKeeper({ folder, name, controlPort, socketFolder, pids });
  const podFailed = (message: string): void => progress.note(`  ✗ ${message}`);
  const shared = { folder, projectDir, env, images, entryPort };
  runtime = createRuntime(
    { ...foundation, ...shared, processesChanged: keeper.touch, podFailed },
    { base, owners: new Map() },
  );
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const stop = (): Promise<void> => undo.run().then(end);
  let configError: string | null = null;
  const control = createLocalControl({
    runtime,
    name,
    folder,
    manifests,
    startedAt: keeper.startedAt,
    configError: () => configError,
    note: (text) => options.progress.note(text),
    shutdown: async () => void setTimeout(() => void stop(), shutdownDelayMs),
  });
  undo.add(keeper.remove);
  const server = await startControlServer(control, controlPort, keeper.token);
  undo.add(server.close);
  const names = await serveNames(runtime, join(socketFolder, namesSocket));
  undo.add(names.close);
  await keeper.save();
  undo.add(runtime.stop);
  await start(runtime, options);
  await keeper.markReady();
  if (options.watch !== false) {
    const watcher = await followManifests({
      manifests,
      runtime,
      note: progress.note,
      configError: (message) => {
        configError = message;
      },
    });
    undo.add(watcher.close);
  }
  signal.throwIfAborted();
  return { control, folder, stop, ended };
}

function start(runtime: Runtime, { progress, signal }: StartMeshOptions): Promise<void> {
  return progress.step('services and sidecars ready', (step) =>
    runtime.start({
      timeoutMs: readyTimeoutMs,
      signal,
      progress: (ready, of) => step.update(`${ready} of ${of}`),
    }),
  );
}
