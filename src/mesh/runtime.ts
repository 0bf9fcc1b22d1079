import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { WindtunnelError } from '../errors.ts';
import type { ChangeReport } from './control.ts';
import type { ImageMap } from './images.ts';
import { differences, effective, type Layers } from './layers.ts';
import {
  type LocalSurroundings,
  localConfigs,
  makePlan,
  type Plan,
  portsOf,
  proxiesOf,
} from './plan.ts';
import { bootstrap, envoyArguments } from './bootstrap.ts';
import { baseEnv, type ContainerSpec, containerSpecs } from './pod-spec.ts';
import { type PodRuntime, type SidecarSpec, startPod } from './pod-runtime.ts';
import { type Pod, portKeys, workloadKey } from './pods.ts';
import type { PortAllocator } from './ports.ts';
import type { Guard } from './processes/guard.ts';
import { type SecretStore, spiffeId } from './secrets.ts';
import type { AdsServer } from './xds/ads-server.ts';
import type { EncodedConfig, ResourceEncoder } from './xds/resources.ts';

/** What a runtime works with. */
export interface RuntimeOptions {
  folder: string;
  logsFolder: string;
  socketFolder: string;
  projectDir: string;
  env: Record<string, string | undefined>;
  envoyPath: string;
  images: ImageMap;
  ports: PortAllocator;
  /** Port of the gateway's first listener, where one was asked for. */
  entryPort: number | undefined;
  ads: AdsServer;
  encoder: ResourceEncoder;
  secrets: SecretStore;
  guard: Guard;
  processesChanged(): void;
}

/** Everything that runs for an instance: pods and their configuration, changed as one. */
export interface Runtime {
  plan(): Plan;
  layers(): Layers;
  pods(): PodRuntime[];
  /**
   * Puts other resources into force: every proxy acknowledges before it resolves; pods that came, went or changed follow
   * without being waited for. On any error everything stays as it was, and the error is thrown.
   */
  change(next: (layers: Layers) => Layers): Promise<ChangeReport>;
  /** Opens a listener for an authority at a workload's sidecars. */
  open(workload: string, authority: string): Promise<void>;
  /** Sends proxies the certificates of now. */
  refreshSecrets(): Promise<void>;
  /** Loopback port of a name of portKeys; undefined when it has none. */
  port(key: string): number | undefined;
  /** The access log of one pod's proxy. */
  accessLogFile(podId: string): string;
  /** Starts the first pods and resolves when all are ready. */
  start(
    timeoutMs: number,
    signal: AbortSignal,
    ready: (count: number, of: number) => void,
  ): Promise<void>;
  stop(): Promise<void>;
}

const acknowledgeTimeoutMs = 15_000;
const shutdownGraceMs = 10_000;
const drainLimitMs = 30_000;

interface Started {
  runtime: PodRuntime;
  containers: ContainerSpec[];
  leaving: boolean;
}

const comparable = (containers: ContainerSpec[]): unknown =>
  containers.map(({ process, readiness, liveness }) => ({ process, readiness, liveness }));

/** Makes the {@link Runtime} of an instance; nothing runs yet. Throws what {@link makePlan} throws. */
export async function createRuntime(options: RuntimeOptions, first: Layers): Promise<Runtime> {
  const { ports, ads, encoder, secrets, folder, logsFolder } = options;
  const running = new Map<string, Started>();
  let layers = first;
  let plan = makePlan(effective(first));
  let extra = new Map<string, string[]>();
  let current = new Map<string, EncodedConfig>();
  let stopping = false;
  let queue: Promise<unknown> = Promise.resolve();
  let rollout: Promise<unknown> = Promise.resolve();

  /** One change at a time: each begins with what the one before it left. */
  const serial = <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work);
    queue = next.catch(() => undefined);
    return next;
  };

  const accessLogFile = (podId: string): string => join(logsFolder, `${podId}.access.jsonl`);
  const around: LocalSurroundings = {
    port: (key) => {
      const port = ports.get(key);
      if (port === undefined) throw new WindtunnelError('internal', `no port for ${key}`);
      return port;
    },
    isReady: (podId) => {
      const started = running.get(podId);
      return started !== undefined && !started.leaving && started.runtime.isReady();
    },
    log: (pod) => ({
      requestsFile: accessLogFile(pod.id),
      connectionsFile: join(logsFolder, `${workloadKey(pod.workload)}.connections.jsonl`),
      pod: pod.name,
      workload: pod.workload.name,
    }),
  };

  const encode = async (target: Plan): Promise<Map<string, EncodedConfig>> => {
    const configs = localConfigs(target, around);
    const encoded = new Map<string, EncodedConfig>();
    for (const pod of proxiesOf(target)) {
      const config = configs.get(pod.id);
      if (!config) continue;
      const { namespace, serviceAccount } = pod.workload;
      const sds = await secrets.secretsOf(
        spiffeId(target.world.trustDomain, namespace, serviceAccount),
      );
      encoded.set(pod.id, encoder.encode(pod.id, { ...config, sds }));
    }
    return encoded;
  };

  const allotPorts = async (target: Plan): Promise<void> => {
    const [first] = target.gatewayPorts;
    if (options.entryPort !== undefined && target.gateway && first !== undefined) {
      await ports.fix(portKeys.gateway(target.gateway.id, first), options.entryPort);
    }
    for (const key of portsOf(target)) await ports.allot(key);
  };

  const sidecarSpec = (pod: Pod): SidecarSpec => {
    const adminSocket = join(options.socketFolder, `${running.size}-${pod.name}`.slice(0, 40));
    const bootstrapFile = join(folder, 'bootstrap', `${pod.id}.json`);
    return {
      adminSocket,
      bootstrapFile,
      bootstrap: bootstrap({
        nodeId: pod.id,
        adsSocket: join(options.socketFolder, 'ads'),
        adminSocket,
      }),
      process: {
        command: options.envoyPath,
        args: ['-c', bootstrapFile, ...envoyArguments],
        cwd: folder,
        env: baseEnv(options),
        logFile: join(logsFolder, `${pod.id}.envoy.log`),
      },
    };
  };

  const specsOf = (target: Plan): Map<string, ContainerSpec[]> =>
    new Map(
      target.pods.map((pod) => [
        pod.id,
        containerSpecs({ ...options, world: target.world, pod, port: ports.get }),
      ]),
    );

  const refresh = async (types: ('cds' | 'eds' | 'sds')[]): Promise<void> => {
    current = await encode(plan);
    for (const [id, config] of current) ads.replace(id, types, config);
  };
  const readinessChanged = (): void => {
    if (!stopping) void serial(() => refresh(['cds', 'eds'])).catch(() => {});
  };

  const launch = async (pod: Pod, containers: ContainerSpec[]): Promise<void> => {
    const kind = pod === plan.gateway ? 'gateway' : 'sidecar';
    const runtime = await startPod({
      pod,
      kind,
      containers,
      sidecar: pod.sidecar ? sidecarSpec(pod) : undefined,
      guard: options.guard,
      readinessChanged,
      processesChanged: options.processesChanged,
    });
    running.set(pod.id, { runtime, containers, leaving: false });
  };

  const retire = async (id: string): Promise<void> => {
    const started = running.get(id);
    if (!started) return;
    started.leaving = true;
    // Callers are told first, so that no request is on its way to a process that ends.
    await serial(async () => {
      await refresh(['cds', 'eds']);
      await Promise.allSettled([...current.keys()].map((node) => ads.settled(node, 2000)));
    }).catch(() => {});
    const graceMs = started.runtime.pod.workload.terminationGraceSeconds * 1000;
    await started.runtime.stop(Math.min(graceMs, drainLimitMs), true);
    running.delete(id);
  };

  /** Brings what runs in line with the plan: one pod after another, so that the others go on serving. */
  const reconcile = async (specs: Map<string, ContainerSpec[]>): Promise<void> => {
    const wanted = new Map(
      proxiesOf(plan)
        .concat(plan.pods)
        .map((pod) => [pod.id, pod]),
    );
    for (const id of [...running.keys()]) {
      if (wanted.has(id)) continue;
      await retire(id);
      ads.forget(id);
    }
    for (const [id, pod] of wanted) {
      if (stopping) return;
      const started = running.get(id);
      const containers = specs.get(id) ?? [];
      const same =
        started !== undefined &&
        started.runtime.pod.sidecar === pod.sidecar &&
        isDeepStrictEqual(comparable(started.containers), comparable(containers));
      if (same) continue;
      if (started) await retire(id);
      await launch(pod, containers);
      const runtime = running.get(id)?.runtime;
      await runtime?.untilReady(60_000, AbortSignal.timeout(60_000)).catch(() => {});
    }
  };

  /** Sends proxies that run their new configuration; puts the old one back everywhere when one refuses. */
  const enforce = async (next: Map<string, EncodedConfig>): Promise<number> => {
    const connected = [...next].filter(([id]) => running.has(id) && ads.isConnected(id));
    const changed = connected.filter(
      ([id, config]) => !isDeepStrictEqual(hashes(config), hashes(current.get(id))),
    );
    const results = await Promise.allSettled(
      changed.map(([id, config]) => ads.update(id, config, acknowledgeTimeoutMs)),
    );
    const refusal = results.find((result) => result.status === 'rejected');
    if (refusal) {
      await Promise.allSettled(
        changed.map(async ([id]) => {
          const before = current.get(id);
          if (before) await ads.update(id, before, acknowledgeTimeoutMs);
        }),
      );
      throw WindtunnelError.from(refusal.reason);
    }
    for (const [id, config] of next)
      if (!connected.some(([known]) => known === id)) ads.prepare(id, config);
    return changed.length;
  };

  const adopt = async (
    nextLayers: Layers,
    nextExtra: Map<string, string[]>,
  ): Promise<ChangeReport> => {
    const startedMs = performance.now();
    const nextPlan = makePlan(effective(nextLayers), nextExtra);
    await allotPorts(nextPlan);
    const specs = specsOf(nextPlan);
    const encoded = await encode(nextPlan);
    const proxies = await enforce(encoded);
    const changed = differences(plan.resources, nextPlan.resources);
    layers = nextLayers;
    extra = nextExtra;
    plan = nextPlan;
    current = encoded;
    rollout = rollout.then(() => reconcile(specs)).catch(() => {});
    return { changed, proxies, enforcedMs: performance.now() - startedMs };
  };

  return {
    plan: () => plan,
    layers: () => layers,
    pods: () => [...running.values()].map(({ runtime }) => runtime),
    change: (next) => serial(() => adopt(next(layers), extra)),
    open: (workload, authority) =>
      serial(async () => {
        const known = extra.get(workload) ?? [];
        if (known.includes(authority)) return;
        await adopt(layers, new Map(extra).set(workload, [...known, authority]));
      }),
    refreshSecrets: () => serial(() => refresh(['sds'])),
    port: (key) => ports.get(key),
    accessLogFile,
    start: async (timeoutMs, signal, ready) => {
      await allotPorts(plan);
      const specs = specsOf(plan);
      current = await encode(plan);
      for (const [id, config] of current) ads.prepare(id, config);
      const all = [...plan.pods, ...(plan.gateway ? [plan.gateway] : [])];
      await Promise.all(all.map((pod) => launch(pod, specs.get(pod.id) ?? [])));
      let count = 0;
      ready(0, all.length);
      await Promise.all(
        [...running.values()].map(async ({ runtime }) => {
          await runtime.untilReady(timeoutMs, signal);
          ready(++count, all.length);
        }),
      );
      // The last pod's endpoints are on their way to the others now.
      await serial(() => refresh(['cds', 'eds']));
      await Promise.all([...current.keys()].map((id) => ads.settled(id, acknowledgeTimeoutMs)));
    },
    stop: async () => {
      stopping = true;
      await Promise.all(
        [...running.values()].map(({ runtime }) => {
          const graceMs = runtime.pod.workload.terminationGraceSeconds * 1000;
          return runtime.stop(Math.min(graceMs, shutdownGraceMs), false);
        }),
      );
    },
  };
}

const hashes = (config: EncodedConfig | undefined): unknown =>
  config &&
  Object.fromEntries(
    Object.entries(config).map(([type, resources]) => [
      type,
      [...resources].map(([name, { hash }]) => [name, hash]),
    ]),
  );
