import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { WindtunnelError } from '../../errors.ts';
import { bootstrap, envoyArguments } from '../envoy/bootstrap.ts';
import type { Pod } from '../pods.ts';
import type { RuntimeOptions, StartOptions } from './options.ts';
import type { Plan } from './plan.ts';
import { type PodRuntime, type SidecarSpec, startPod } from './pod.ts';
import { baseEnv, type ContainerSpec, containerSpecs } from './pod-spec.ts';

/** How the containers of each pod are run, by pod id. */
export type PodSpecs = Map<string, ContainerSpec[]>;

/** The pods that run. */
export interface PodSet {
  all(): PodRuntime[];
  isReady(podId: string): boolean;
  /** How each pod of a plan is to run. Throws what the image map or a variable lacks. */
  specsOf(plan: Plan): PodSpecs;
  /** Starts all pods of a plan at once; throws `start-failed` when one does not become ready. */
  start(plan: Plan, specs: PodSpecs, options: StartOptions): Promise<void>;
  /** Brings what runs in line with a plan: one pod after another, so that the others go on serving. */
  reconcile(plan: Plan, specs: PodSpecs): Promise<void>;
  stop(): Promise<void>;
}

/** What {@link createPodSet} needs beside its options. */
export interface PodSetHooks {
  readinessChanged(): void;
  /** Resolves when no caller is sent to a pod any more that is about to leave. */
  takenOut(): Promise<void>;
  /** A pod is gone for good. */
  gone(podId: string): void;
}

interface Started {
  runtime: PodRuntime;
  containers: ContainerSpec[];
  leaving: boolean;
}

const shutdownGraceMs = 10_000;
const drainLimitMs = 30_000;
const replaceTimeoutMs = 60_000;

/** Makes an empty {@link PodSet}. */
export function createPodSet(options: RuntimeOptions, hooks: PodSetHooks): PodSet {
  const running = new Map<string, Started>();
  let sidecars = 0;
  let stopping = false;

  const launches = createTracker();
  const readinessChanged = (): void => {
    if (!stopping) hooks.readinessChanged();
  };

  const launch = async (plan: Plan, pod: Pod, specs: PodSpecs): Promise<PodRuntime> => {
    const containers = specs.get(pod.id) ?? [];
    const one = { containers, sidecarNumber: sidecars++, readinessChanged };
    const runtime = await launches.track(startOne(options, plan, pod, one));
    running.set(pod.id, { runtime, containers, leaving: false });
    return runtime;
  };

  const retire = async (id: string, started: Started): Promise<void> => {
    started.leaving = true;
    // Callers are told first, so that no request is on its way to a process that ends.
    await hooks.takenOut().catch(() => {});
    await started.runtime.stop(Math.min(graceMs(started.runtime), drainLimitMs), true);
    running.delete(id);
  };

  const replace = async (plan: Plan, pod: Pod, specs: PodSpecs): Promise<void> => {
    const started = running.get(pod.id);
    if (started) await retire(pod.id, started);
    if (stopping) return;
    const runtime = await launch(plan, pod, specs);
    await runtime
      .untilReady(replaceTimeoutMs, AbortSignal.timeout(replaceTimeoutMs))
      .catch((thrown: unknown) => options.podFailed(WindtunnelError.from(thrown).message));
  };

  return {
    all: () => [...running.values()].map(({ runtime }) => runtime),
    isReady: (podId) => {
      const started = running.get(podId);
      return started !== undefined && !started.leaving && started.runtime.isReady();
    },
    specsOf: (plan) => podSpecs(plan, options),
    start: async (plan, specs, startOptions) => {
      const runtimes = await Promise.all(podsOf(plan).map((pod) => launch(plan, pod, specs)));
      await untilAllReady(runtimes, startOptions);
    },
    reconcile: async (plan, specs) => {
      // What the first start launches is not to be launched again.
      await launches.settled();
      const wanted = podsOf(plan);
      for (const [id, started] of running) {
        if (stopping) return;
        if (wanted.some((pod) => pod.id === id)) continue;
        await retire(id, started);
        hooks.gone(id);
      }
      for (const pod of wanted) {
        if (stopping) return;
        const containers = specs.get(pod.id) ?? [];
        if (!isUpToDate(running.get(pod.id), pod, containers)) await replace(plan, pod, specs);
      }
    },
    stop: async () => {
      stopping = true;
      await launches.settled();
      await stopAll([...running.values()].map(({ runtime }) => runtime));
    },
  };
}

function graceMs({ pod }: PodRuntime): number {
  return pod.workload.terminationGraceSeconds * 1000;
}

function comparable(containers: ContainerSpec[]): unknown {
  return containers.map(({ process, readiness, liveness }) => ({ process, readiness, liveness }));
}

function sidecarSpec(options: RuntimeOptions, pod: Pod, number: number): SidecarSpec {
  const { socketFolder, folder, logsFolder, envoyPath } = options;
  // Paths of sockets are short, names of pods may be long: a number does.
  const adminSocket = join(socketFolder, `admin-${number}`);
  const bootstrapFile = join(folder, 'bootstrap', `${pod.id}.json`);
  return {
    adminSocket,
    bootstrapFile,
    bootstrap: bootstrap({
      nodeId: pod.id,
      adsSocket: join(socketFolder, 'ads'),
      adminSocket,
    }),
    process: {
      command: envoyPath,
      args: ['-c', bootstrapFile, ...envoyArguments],
      cwd: folder,
      env: baseEnv(options),
      logFile: join(logsFolder, `${pod.id}.envoy.log`),
    },
  };
}

/** Whether a pod runs as it should: then it is left alone. */
function isUpToDate(started: Started | undefined, pod: Pod, containers: ContainerSpec[]): boolean {
  return (
    started !== undefined &&
    started.runtime.pod.sidecar === pod.sidecar &&
    isDeepStrictEqual(comparable(started.containers), comparable(containers))
  );
}

/** Waits until all are ready; `progress` is told of each. */
async function untilAllReady(runtimes: PodRuntime[], options: StartOptions): Promise<void> {
  const { timeoutMs, signal, progress } = options;
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  let count = 0;
  progress(0, runtimes.length);
  const all = runtimes.map(async (runtime) => {
    await runtime.untilReady(timeoutMs, either);
    progress(++count, runtimes.length);
  });
  try {
    await Promise.all(all);
  } finally {
    // Nobody waits for the others any more when one has failed.
    failed.abort();
    await Promise.allSettled(all);
  }
}

async function stopAll(runtimes: PodRuntime[]): Promise<void> {
  const stop = (runtime: PodRuntime): Promise<void> =>
    runtime.stop(Math.min(graceMs(runtime), shutdownGraceMs), false);
  await Promise.all(runtimes.map(stop));
}

function podSpecs(plan: Plan, options: RuntimeOptions): PodSpecs {
  const { world } = plan;
  const { get: port } = options.ports;
  return new Map(
    plan.pods.map((pod) => [pod.id, containerSpecs({ ...options, world, pod, port })]),
  );
}

function podsOf(plan: Plan): Pod[] {
  return [...plan.pods, ...(plan.gateway ? [plan.gateway] : [])];
}

/** Knows what is under way: what is being started when the set is stopped must be stopped with it. */
function createTracker() {
  const pending = new Set<Promise<unknown>>();
  return {
    track: <T>(promise: Promise<T>): Promise<T> => {
      pending.add(promise);
      return promise.finally(() => pending.delete(promise));
    },
    settled: async (): Promise<void> => {
      await Promise.allSettled(pending);
      // What waits for one of them goes on first, and keeps what it has started.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function startOne(
  options: RuntimeOptions,
  plan: Plan,
  pod: Pod,
  one: { containers: ContainerSpec[]; sidecarNumber: number; readinessChanged(): void },
): Promise<PodRuntime> {
  return startPod({
    pod,
    kind: pod === plan.gateway ? 'gateway' : 'sidecar',
    containers: one.containers,
    sidecar: pod.sidecar ? sidecarSpec(options, pod, one.sidecarNumber) : undefined,
    guard: options.guard,
    readinessChanged: one.readinessChanged,
    processesChanged: options.processesChanged,
  });
}
