import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';
import { adminRequest, readStats } from '../envoy/admin.ts';
import type { ProcessStatus } from '../control/control.ts';
import type { Pod } from '../pods.ts';
import type { Guard } from '../processes/guard.ts';
import type { ProcessSpec } from '../processes/managed-process.ts';
import { type Part, startPart } from './part.ts';
import type { ContainerSpec } from './pod-spec.ts';
import { runProbe, tcpProbe } from './probes.ts';

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
  /** Signals its service processes; false when it has none. */
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

/** Ends in a row after which a start is given up. */
const startFailures = 4;
const sidecarGraceMs = 1000;
const logLines = 20;

/** Starts a pod's Envoy and containers, and watches over them. */
export async function startPod(options: PodOptions): Promise<PodRuntime> {
  const { pod, sidecar, readinessChanged } = options;
  let parts: Part[] = [];
  let announced = false;
  const isReady = (): boolean => parts.length > 0 && parts.every((part) => part.isReady());
  parts = await startParts(options, () => {
    if (isReady() === announced) return;
    announced = !announced;
    readinessChanged();
  });
  const services = (): Part[] => parts.filter((part) => part.kind === 'service');

  return {
    pod,
    isReady,
    adminSocket: sidecar?.adminSocket,
    untilReady: async (timeoutMs, signal) => {
      const endMs = performance.now() + timeoutMs;
      while (!isReady()) {
        signal.throwIfAborted();
        const broken = parts.find((part) => part.process.failures >= startFailures);
        if (broken) {
          const { lastEnd } = broken.process;
          throw await startError(pod, broken, `ended at every start (${lastEnd ?? 'unknown'})`);
        }
        const late = parts.find((part) => !part.isReady());
        if (performance.now() > endMs && late) {
          throw await startError(
            pod,
            late,
            `was not ready within ${timeoutMs / 1000} s: waited for ${late.awaits}`,
          );
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
        state: part.state(),
        logFile: part.logFile,
        restarts: part.process.restarts,
      })),
    signalService: (signal) => {
      for (const { process } of services()) process.signal(signal);
      return services().length > 0;
    },
    stop: async (graceMs, drain) => {
      for (const part of parts) part.close();
      if (sidecar && drain) await drainSidecar(sidecar.adminSocket, graceMs).catch(() => {});
      await Promise.all(services().map(({ process }) => process.stop(graceMs)));
      const proxies = parts.filter((part) => part.kind !== 'service');
      await Promise.all(proxies.map(({ process }) => process.stop(sidecarGraceMs)));
    },
  };
}

function containerCheck({ readiness, probeTarget, ports }: ContainerSpec) {
  return async (): Promise<boolean> => {
    if (readiness) return runProbe(readiness, probeTarget);
    // A cluster would call it ready at once; its first callers would then find nobody there.
    const answers = await Promise.all(ports.map((port) => tcpProbe(port)));
    return answers.every((open) => open);
  };
}

function awaited({ readiness, ports }: ContainerSpec): string {
  return readiness
    ? `its ${readiness.type} readiness probe to succeed`
    : `something to listen on 127.0.0.1, port ${ports.join(', ')} (what stands for its container ports; ` +
        'other programs than Node must take it from their arguments or environment)';
}

function livenessCheck({
  liveness,
  probeTarget,
}: ContainerSpec): (() => Promise<boolean>) | undefined {
  return liveness && (async () => !(await runProbe(liveness, probeTarget)));
}

function sidecarCheck(socket: string) {
  return (): Promise<boolean> =>
    adminRequest(socket, 'GET', '/ready').then(
      () => true,
      () => false,
    );
}

/** Closes the sidecar's inbound listeners and waits, up to `limitMs`, until no request is under way. */
async function drainSidecar(socket: string, limitMs: number): Promise<void> {
  await adminRequest(socket, 'POST', '/drain_listeners?inboundonly');
  const endMs = performance.now() + limitMs;
  while (performance.now() < endMs) {
    const active = await readStats(socket, '^http\\..*downstream_rq_active$');
    const open = Object.entries(active).filter(([name]) => !name.startsWith('http.admin'));
    if (open.every(([, value]) => value === 0)) return;
    await sleep(20);
  }
}

async function startParts(options: PodOptions, changed: () => void): Promise<Part[]> {
  const { kind, containers, sidecar, guard, processesChanged } = options;
  const common = { guard, readinessChanged: changed, processChanged: processesChanged };
  const parts: Part[] = [];
  if (sidecar) {
    const { adminSocket, bootstrapFile, process: spec } = sidecar;
    await writeFile(bootstrapFile, JSON.stringify(sidecar.bootstrap), { mode: 0o600 });
    const check = sidecarCheck(adminSocket);
    parts.push(
      startPart({ ...common, kind, name: 'envoy', spec, check, awaits: 'Envoy to be live' }),
    );
  }
  for (const container of containers) {
    parts.push(
      startPart({
        ...common,
        kind: 'service',
        name: container.name,
        spec: container.process,
        awaits: awaited(container),
        check: containerCheck(container),
        isStuck: livenessCheck(container),
      }),
    );
  }
  return parts;
}

async function startError(pod: Pod, part: Part, why: string): Promise<WindtunnelError> {
  const log = await readFile(part.logFile, 'utf8').catch(() => '');
  const tail =
    log.trim() === '' ? ['(it wrote nothing)'] : log.trimEnd().split('\n').slice(-logLines);
  const message = [`${pod.id}, ${part.name}: ${why}`, ...tail].join('\n    ');
  return new WindtunnelError('start-failed', message, {
    next: `its log: ${part.logFile}`,
  });
}
