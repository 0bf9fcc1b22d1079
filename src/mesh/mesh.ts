import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WindtunnelError } from '../errors.ts';
import { loadResources } from '../manifests/load.ts';
import { provideEnvoy } from '../provision/envoy.ts';
import { createCertificateAuthority } from './certificates/authority.ts';
import { startControlServer } from './control-server.ts';
import { loadImages } from './images.ts';
import { createLocalControl } from './local-control.ts';
import type { RunningMesh, StartMeshOptions } from './options.ts';
import { createPortAllocator } from './ports.ts';
import { type Guard, startGuard } from './processes/guard.ts';
import { isRunning, startTimeOf } from './processes/identity.ts';
import { createProtoJson } from './protobuf/protojson.ts';
import { createSchema } from './protobuf/schema.ts';
import { createRuntime, type Runtime } from './runtime.ts';
import { createSecretStore } from './secrets.ts';
import {
  defaultInstance,
  instanceFolder,
  prepareFolder,
  readState,
  removeState,
  seedOf,
  writeState,
} from './state.ts';
import { sweep } from './sweep.ts';
import { watchManifests } from './watch.ts';
import { startAdsServer } from './xds/ads-server.ts';
import { createResourceEncoder } from './xds/resources.ts';

export type { RunningMesh, StartMeshOptions } from './options.ts';

const readyTimeoutMs = 60_000;
const defaultTtlSeconds = 3600;

/** Steps that undo what was started, run last to first; each at most once, none left out because another failed. */
const createUndo = () => {
  const steps: (() => Promise<unknown> | void)[] = [];
  return {
    add: (step: () => Promise<unknown> | void): void => void steps.push(step),
    run: async (): Promise<void> => {
      for (const step of steps.splice(0).reverse()) {
        await Promise.resolve()
          .then(step)
          .catch(() => {});
      }
    },
  };
};
type Undo = ReturnType<typeof createUndo>;

const claim = async (folder: string, name: string): Promise<void> => {
  const { running } = await sweep(folder);
  if (!running) return;
  const state = await readState(folder);
  throw new WindtunnelError(
    'already-running',
    `a local mesh named '${name}' runs already (process ${state?.supervisor.pid}, since ${state?.startedAt})`,
    { next: `windtunnel down --name ${name}, or give this one another --name` },
  );
};

const followManifests = async (
  options: {
    manifests: string[];
    runtime: Runtime;
    note(text: string): void;
    error(text: string | null): void;
  },
  undo: Undo,
): Promise<void> => {
  const { manifests, runtime, note, error } = options;
  const reload = async (): Promise<void> => {
    try {
      const base = await loadResources(manifests);
      const report = await runtime.change((layers) => ({ ...layers, base }));
      error(null);
      if (report.changed.length > 0) {
        note(
          `  ✓ ${report.changed.join(', ')} (${report.enforcedMs.toFixed(0)} ms, ${report.proxies} sidecars)`,
        );
      }
    } catch (thrown) {
      const { message } = WindtunnelError.from(thrown);
      error(message);
      note(`  ✗ the edit is not in force, the old configuration stays: ${message}`);
    }
  };
  const watcher = await watchManifests(manifests, () => void reload());
  undo.add(() => watcher.close());
};

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
    await claim(folder, name);
    return await launch(options, folder, name, undo);
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

const launch = async (
  options: StartMeshOptions,
  folder: string,
  name: string,
  undo: Undo,
): Promise<RunningMesh> => {
  const { projectDir, progress, signal, env = process.env, entryPort } = options;
  const manifests = options.manifests ?? [join(projectDir, 'manifests')];
  const leafTtlSeconds = options.certificateTtlSeconds ?? defaultTtlSeconds;
  const base = await loadResources(manifests);
  const images = await loadImages(
    options.imagesFile ?? join(projectDir, 'services', 'images.yaml'),
    options.imagesFile !== undefined,
  );
  const envoy = await provideEnvoy({ progress, signal, env });
  const logsFolder = await prepareFolder(folder);
  // Unix sockets have short paths only (107 bytes), a project's folder may be deep.
  const socketFolder = await mkdtemp(join(tmpdir().length > 40 ? '/tmp' : tmpdir(), 'wt-'));
  const removeSockets = (): Promise<void> => rm(socketFolder, { recursive: true, force: true });
  undo.add(removeSockets);
  const guard = startGuard(folder, [socketFolder]);
  undo.add(() => guard.close());
  const ports = createPortAllocator(seedOf(folder));
  undo.add(() => ports.close());
  const schema = createSchema();
  const ads = await startAdsServer(join(socketFolder, 'ads'), schema);
  undo.add(() => ads.close());
  const authority = await createCertificateAuthority({ leafTtlSeconds, nowMs: Date.now });
  const secrets = createSecretStore({
    authority,
    leafTtlSeconds,
    onRotation: () => void runtime.refreshSecrets().catch(() => {}),
  });
  undo.add(() => secrets.stop());
  const encoder = createResourceEncoder(createProtoJson(schema));
  const startedAt = new Date().toISOString();
  let ready = false;
  const token = randomBytes(32).toString('hex');
  const controlPort = await ports.allot('control');
  const save = (): Promise<void> =>
    writeState(folder, {
      name,
      supervisor: { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' },
      startedAt,
      ready,
      controlPort,
      token,
      socketFolder,
      processes: processIds(runtime, guard),
    });
  const processesChanged = debounce(() => void save().catch(() => {}), 20);
  const runtime = await createRuntime(
    {
      folder,
      logsFolder,
      socketFolder,
      projectDir,
      env,
      envoyPath: envoy.path,
      images,
      ports,
      entryPort,
      ads,
      encoder,
      secrets,
      guard,
      processesChanged: processesChanged.call,
    },
    { base, owners: new Map() },
  );
  let configError: string | null = null;
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const stop = async (): Promise<void> => {
    await undo.run();
    end();
  };
  const control = createLocalControl({
    runtime,
    name,
    folder,
    manifests,
    startedAt,
    configError: () => configError,
    shutdown: async () => {
      // The answer has to reach the one who asked before the server that sends it ends.
      setTimeout(() => void stop(), 20);
    },
  });
  const server = await startControlServer(control, controlPort, token);
  undo.add(() => removeState(folder));
  undo.add(() => server.close());
  await save();
  undo.add(() => processesChanged.cancel());
  undo.add(() => runtime.stop());
  await progress.step('services and sidecars ready', (step) =>
    runtime.start(readyTimeoutMs, signal, (count, of) => step.update(`${count} of ${of}`)),
  );
  ready = true;
  await save();
  if (options.watch !== false) {
    await followManifests(
      { manifests, runtime, note: progress.note, error: (text) => (configError = text) },
      undo,
    );
  }
  return { control, folder, stop, ended };
};

const processIds = (runtime: Runtime, guard: Guard): { pid: number; startTime: string }[] => {
  const pids = runtime.pods().flatMap((pod) => pod.status().map(({ pid }) => pid));
  return [...pids, guard.pid]
    .filter((pid) => pid > 0)
    .map((pid) => ({ pid, startTime: startTimeOf(pid) ?? '' }))
    .filter(isRunning);
};

const debounce = (work: () => void, delayMs: number): { call(): void; cancel(): void } => {
  let timer: NodeJS.Timeout | undefined;
  return {
    call: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        work();
      }, delayMs);
    },
    cancel: () => clearTimeout(timer),
  };
};
