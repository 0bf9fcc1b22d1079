import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { adminRequest } from './admin.ts';
import type { ProcessStatus } from './control.ts';
import { type ContainerSpec } from './pod-spec.ts';
import { type Pod } from './pods.ts';
import { runProbe, tcpProbe } from './probes.ts';
import type { Guard } from './processes/guard.ts';
import {
  type ManagedProcess,
  type ProcessSpec,
  startProcess,
} from './processes/managed-process.ts';
import { WindtunnelError } from '../errors.ts';

/** The Envoy of a pod, ready to be started. */
export interface SidecarSpec {
  process: ProcessSpec;
  adminSocket: string;
  bootstrapFile: string;
  bootstrap: object;
}

/** The processes of one pod, running. */
export interface PodRuntime {
  readonly pod: Pod;
  isReady(): boolean;
  adminSocket: string | undefined;
  /** Resolves when it is ready for the first time. Throws `start-failed` with the end of the log when it keeps ending. */
  untilReady(timeoutMs: number, signal: AbortSignal): Promise<void>;
  status(): Omit<ProcessStatus, 'ports'>[];
  signalService(signal: NodeJS.Signals): boolean;
  /** Ends the service within `graceMs`, then the sidecar; with `drain` requests that are under way may end before. */
  stop(graceMs: number, drain: boolean): Promise<void>;
}

/** What {@link startPod} needs. */
export interface PodOptions {
  pod: Pod;
  kind: 'sidecar' | 'gateway';
  containers: ContainerSpec[];
  sidecar: SidecarSpec | undefined;
  guard: Guard;
  /** Called whenever the pod becomes ready or stops being so. */
  readinessChanged(): void;
  /** Called whenever a process starts or ends. */
  processesChanged(): void;
}

// Kubernetes' defaults: periodSeconds 10, failureThreshold 3; while a pod comes up it is asked far more often.
const steadyPeriodMs = 10_000;
const failureThreshold = 3;
const startPeriodMs = 25;
const startFailures = 4;

interface Part {
  kind: ProcessStatus['kind'];
  name: string;
  process: ManagedProcess;
  logFile: string;
  ready: boolean;
  wasReady: boolean;
  misses: number;
  check(): Promise<boolean>;
  /** Whether it must be started anew; asked when it is ready. */
  isStuck?(): Promise<boolean>;
}

const tailOf = async (file: string): Promise<string> => {
  const content = await readFile(file, 'utf8').catch(() => '');
  return content.trimEnd().split('\n').slice(-20).join('\n    ');
};

const containerCheck =
  ({ readiness, probeTarget, ports }: ContainerSpec) =>
  async (): Promise<boolean> => {
    if (readiness) return runProbe(readiness, probeTarget);
    // A cluster would call it ready at once; its first callers would then find nobody there.
    const answers = await Promise.all(ports.map((port) => tcpProbe(port)));
    return answers.every((open) => open);
  };

const sidecarCheck = (socket: string) => (): Promise<boolean> =>
  adminRequest(socket, 'GET', '/ready').then(
    () => true,
    () => false,
  );

/** Asks one part again and again until `stopped`; calls `changed` when its readiness changes. */
const watchPart = async (part: Part, stopped: AbortSignal, changed: () => void): Promise<void> => {
  let stuck = 0;
  while (!stopped.aborted) {
    const running = part.process.pid !== undefined;
    const ok = running && (await part.check());
    part.misses = ok ? 0 : part.misses + 1;
    if (ok && !part.ready) {
      part.ready = true;
      part.wasReady = true;
      part.process.markReady();
      changed();
    } else if (!ok && part.ready && part.misses >= failureThreshold) {
      part.ready = false;
      changed();
    }
    if (part.ready && part.isStuck) {
      stuck = (await part.isStuck()) ? stuck + 1 : 0;
      if (stuck >= failureThreshold) part.process.signal('SIGKILL');
    }
    const pauseMs = part.ready ? steadyPeriodMs : startPeriodMs;
    await sleep(pauseMs, undefined, {
      signal: part.ready ? wakeable(part, stopped) : stopped,
    }).catch(() => {});
  }
};

const wakers = new WeakMap<Part, AbortController>();
// An end of the process is noticed at once: it cuts the pause between two questions short.
const wakeable = (part: Part, stopped: AbortSignal): AbortSignal => {
  const controller = new AbortController();
  wakers.set(part, controller);
  return AbortSignal.any([controller.signal, stopped]);
};

const drainSidecar = async (socket: string, limitMs: number): Promise<void> => {
  await adminRequest(socket, 'POST', '/drain_listeners?inboundonly');
  const endMs = performance.now() + limitMs;
  while (performance.now() < endMs) {
    const body = await adminRequest(
      socket,
      'GET',
      '/stats?format=json&filter=downstream_rq_active$',
    );
    const { stats } = JSON.parse(body) as { stats: { name?: string; value?: number }[] };
    const open = stats.filter(
      ({ name }) => name?.startsWith('http.') && !name.startsWith('http.admin'),
    );
    if (open.every(({ value }) => !value)) return;
    await sleep(20);
  }
};

/** Starts a pod's Envoy and containers, and watches over them. */
export async function startPod(options: PodOptions): Promise<PodRuntime> {
  const { pod, kind, containers, sidecar, guard, readinessChanged, processesChanged } = options;
  const stopped = new AbortController();
  const parts: Part[] = [];
  const isReady = (): boolean => parts.length > 0 && parts.every(({ ready }) => ready);
  let announced = false;
  const changed = (): void => {
    if (isReady() === announced) return;
    announced = !announced;
    readinessChanged();
  };

  const add = (
    part: Omit<Part, 'process' | 'logFile' | 'ready' | 'wasReady' | 'misses'>,
    spec: ProcessSpec,
  ): void => {
    const whole = {
      ...part,
      logFile: spec.logFile,
      ready: false,
      wasReady: false,
      misses: 0,
    } as Part;
    whole.process = startProcess(spec, {
      guard,
      onStart: processesChanged,
      onExit: () => {
        whole.ready = false;
        wakers.get(whole)?.abort();
        changed();
        processesChanged();
      },
    });
    parts.push(whole);
  };

  if (sidecar) {
    await writeFile(sidecar.bootstrapFile, JSON.stringify(sidecar.bootstrap), { mode: 0o600 });
    add({ kind, name: 'envoy', check: sidecarCheck(sidecar.adminSocket) }, sidecar.process);
  }
  for (const container of containers) {
    const { liveness, probeTarget } = container;
    add(
      {
        kind: 'service',
        name: container.name,
        check: containerCheck(container),
        ...(liveness ? { isStuck: async () => !(await runProbe(liveness, probeTarget)) } : {}),
      },
      container.process,
    );
  }
  for (const part of parts) void watchPart(part, stopped.signal, changed);

  const failed = async (part: Part, why: string): Promise<WindtunnelError> =>
    new WindtunnelError(
      'start-failed',
      `${pod.id}, ${part.name}: ${why}\n    ${await tailOf(part.logFile)}`,
      { next: `its log: ${part.logFile}` },
    );

  return {
    pod,
    isReady,
    adminSocket: sidecar?.adminSocket,
    untilReady: async (timeoutMs, signal) => {
      const endMs = performance.now() + timeoutMs;
      while (!isReady()) {
        signal.throwIfAborted();
        const broken = parts.find(({ process }) => process.failures >= startFailures);
        if (broken) throw await failed(broken, `ended at every start (${broken.process.lastEnd})`);
        const late = parts.find(({ ready }) => !ready);
        if (performance.now() > endMs && late) {
          throw await failed(late, `was not ready within ${timeoutMs / 1000} s`);
        }
        await sleep(10);
      }
    },
    status: () =>
      parts.map((part) => ({
        kind: part.kind,
        pod: pod.name,
        workload: pod.workload.name,
        namespace: pod.workload.namespace,
        pid: part.process.pid ?? 0,
        state: stateOf(part, stopped.signal.aborted),
        logFile: part.logFile,
        restarts: part.process.restarts,
      })),
    signalService: (signal) => {
      const services = parts.filter((part) => part.kind === 'service');
      for (const { process } of services) process.signal(signal);
      return services.length > 0;
    },
    stop: async (graceMs, drain) => {
      stopped.abort();
      const services = parts.filter((part) => part.kind === 'service');
      const proxies = parts.filter((part) => part.kind !== 'service');
      if (sidecar && drain) await drainSidecar(sidecar.adminSocket, graceMs).catch(() => {});
      await Promise.all(services.map(({ process }) => process.stop(graceMs)));
      await Promise.all(proxies.map(({ process }) => process.stop(1000)));
      for (const part of parts) part.ready = false;
    },
  };
}

const stateOf = (part: Part, stopped: boolean): ProcessStatus['state'] => {
  if (stopped) return 'stopped';
  if (part.process.pid === undefined) return 'failed';
  if (part.ready) return 'ready';
  return part.wasReady ? 'unready' : 'starting';
};
