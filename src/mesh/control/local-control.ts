import { setTimeout as sleep } from 'node:timers/promises';
import { WindtunnelError } from '../../errors.ts';
import { adminRequest, readStats } from '../envoy/admin.ts';
import type { InstanceStatus, MeshControl, ProcessStatus } from './control.ts';
import type { Entry } from '../../target/target.ts';
import {
  applied,
  applyActions,
  appliedByOwner,
  effective,
  removeActions,
  removed,
  reverted,
} from '../runtime/layers.ts';
import type { PodRuntime } from '../runtime/pod.ts';
import { type Pod, portKeys, workloadKey } from '../pods.ts';
import { openListener } from './open-listener.ts';
import { findReferences, serviceNames } from '../references.ts';
import { createLeases, type Leases } from './leases.ts';
import type { Runtime } from '../runtime/options.ts';
import { createWorkloadLogs, type WorkloadLogs } from '../instance/workload-log.ts';

/** What {@link createLocalControl} needs beside the runtime. */
export interface LocalControlOptions {
  runtime: Runtime;
  name: string;
  folder: string;
  manifests: string[];
  startedAt: string;
  /** The error of the last edit of the manifests that could not be put into force. */
  configError(): string | null;
  /** Says what the instance did by itself. */
  note(text: string): void;
  shutdown(): Promise<void>;
}

/** Longer than the interval in which Envoy flushes its logs, see envoyArguments. */
const flushMs = 80;

/** The {@link MeshControl} of an instance that runs in this process. */
export function createLocalControl(options: LocalControlOptions): MeshControl {
  const { runtime, name, folder, manifests, startedAt, configError, note, shutdown } = options;
  const logs = createWorkloadLogs();
  const leases = revertingLeases(runtime, note);

  const status = async (): Promise<InstanceStatus> => ({
    name,
    pid: process.pid,
    startedAt,
    folder,
    manifests,
    applied: appliedByOwner(runtime.layers()),
    configError: configError(),
    entry: gatewayEntry(runtime),
    processes: runtime
      .pods()
      .flatMap((pod) =>
        pod.status().map((one) => Object.assign(one, { ports: ports(runtime, pod.pod, one) })),
      ),
  });

  return {
    status,
    resources: async () =>
      effective(runtime.layers()).map(({ apiVersion, kind, metadata: { name, namespace } }) => ({
        apiVersion,
        kind,
        metadata: { name, namespace },
      })),
    apply: async (owner, resources, leaseMs) => {
      const actions = applyActions(effective(runtime.layers()), resources);
      // Over the control port an argument that is left out arrives as null.
      if (typeof leaseMs === 'number') leases.hold(owner, leaseMs);
      const report = await runtime.change((layers) => applied(layers, owner, resources));
      return { ...report, actions };
    },
    renew: async (owner, leaseMs) => leases.renew(owner, leaseMs),
    remove: async (owner, names) => {
      const actions = removeActions(effective(runtime.layers()), names);
      const report = await runtime.change((layers) => removed(layers, owner, names));
      return { ...report, actions };
    },
    revert: (owner) => {
      leases.drop(owner);
      return runtime.change((layers) => reverted(layers, owner));
    },
    entry: (workload, authority) => openEntry(runtime, workload, authority),
    counters: (workload, filter) => counters(runtime, workload, filter),
    accessLog: (workload, mark) => readLogs(runtime, logs, workload, mark),
    kill: async (podName, signal) => {
      const found = runtime.pods().find(({ pod }) => pod.id === podName || pod.name === podName);
      if (found?.signalService(signal)) return;
      const known = runtime.pods().map(({ pod }) => pod.name);
      throw new WindtunnelError(
        'unknown-reference',
        `no pod ${podName} with a service process; there are ${known.join(', ')}`,
      );
    },
    shutdown,
  };
}

function find(runtime: Runtime, workload: string): Pod[] {
  const { pods, gateway } = runtime.plan();
  const all = gateway ? [...pods, gateway] : pods;
  const found = all.filter(
    (pod) => workloadKey(pod.workload) === workload || pod.workload.name === workload,
  );
  const keys = new Set(found.map((pod) => workloadKey(pod.workload)));
  if (keys.size === 1) return found;
  const known = [...new Set(all.map((pod) => workloadKey(pod.workload)))].join(', ');
  throw new WindtunnelError(
    'unknown-reference',
    keys.size === 0
      ? `there is no workload ${workload}; there are ${known || 'none'}`
      : `${workload} is in several namespaces: ${[...keys].join(', ')}`,
    keys.size === 0 ? {} : { next: 'write NAME.NAMESPACE' },
  );
}

function ports(
  runtime: Runtime,
  pod: Pod,
  status: Omit<ProcessStatus, 'ports'>,
): Record<string, number> {
  const { gateway, gatewayPorts } = runtime.plan();
  const entries: [string, number | undefined][] =
    status.kind === 'service'
      ? pod.appPorts.map((port, index) => [
          index === 0 ? 'app' : `app:${port}`,
          runtime.port(portKeys.app(pod.id, port)),
        ])
      : [
          ...pod.inboundPorts.map((port): [string, number | undefined] => [
            `inbound:${port}`,
            runtime.port(portKeys.inbound(pod.id, port)),
          ]),
          ...pod.outbound.map(({ authority }): [string, number | undefined] => [
            `outbound:${authority}`,
            runtime.port(portKeys.outbound(pod.id, authority)),
          ]),
          ...(pod.id === gateway?.id ? gatewayPorts : []).map(
            (port): [string, number | undefined] => [
              `gateway:${port}`,
              runtime.port(portKeys.gateway(pod.id, port)),
            ],
          ),
        ];
  return Object.fromEntries(
    entries.filter((item): item is [string, number] => item[1] !== undefined),
  );
}

function gatewayEntry(runtime: Runtime): { address: '127.0.0.1'; port: number } | null {
  const { gateway, gatewayPorts } = runtime.plan();
  const [first] = gatewayPorts;
  const port = gateway && first !== undefined && runtime.port(portKeys.gateway(gateway.id, first));
  return port ? { address: '127.0.0.1', port } : null;
}

async function openEntry(runtime: Runtime, workload: string, authority: string): Promise<Entry> {
  const [pod] = find(runtime, workload);
  if (!pod) throw new WindtunnelError('unknown-reference', `${workload} has no replica`);
  if (pod.id === runtime.plan().gateway?.id) {
    const entry = gatewayEntry(runtime);
    if (entry) return { ...entry, authority };
  }
  const { world } = runtime.plan();
  const names = serviceNames(world, pod.workload.namespace);
  const [reference] = findReferences(authority, names);
  if (!reference) {
    const known = [...names]
      .map(([name, service]) => service.ports.map(({ port }) => `${name}:${port}`))
      .flat();
    throw new WindtunnelError(
      'unknown-reference',
      `${authority} names no port of a Service that ${workload} could call; there are ${known.slice(0, 20).join(', ')}`,
    );
  }
  if (!pod.sidecar) {
    throw new WindtunnelError(
      'unsupported',
      `${workload} has no sidecar, so no traffic enters the mesh as it`,
    );
  }
  const port = await openListener(runtime, pod, reference.authority);
  return { address: '127.0.0.1', port, authority: reference.authority };
}

function proxiesOf(runtime: Runtime, workload: string): PodRuntime[] {
  const ids = new Set(find(runtime, workload).map(({ id }) => id));
  return runtime
    .pods()
    .filter(({ pod, adminSocket }) => ids.has(pod.id) && adminSocket !== undefined);
}

async function counters(
  runtime: Runtime,
  workload: string,
  filter: string,
): Promise<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const { adminSocket = '' } of proxiesOf(runtime, workload)) {
    for (const [name, value] of Object.entries(await readStats(adminSocket, filter))) {
      total[name] = (total[name] ?? 0) + value;
    }
  }
  return total;
}

async function readLogs(
  runtime: Runtime,
  logs: WorkloadLogs,
  workload: string,
  mark: number,
): ReturnType<WorkloadLogs['read']> {
  const pods = find(runtime, workload);
  const flush = ({ adminSocket = '' }: PodRuntime): Promise<unknown> =>
    adminRequest(adminSocket, 'POST', '/reopen_logs').catch(() => {});
  await Promise.all(proxiesOf(runtime, workload).map(flush));
  await sleep(flushMs);
  const key = pods[0] ? workloadKey(pods[0].workload) : workload;
  const files = pods.map(({ id }) => runtime.accessLogFile(id));
  return logs.read(key, files, mark);
}

function revertingLeases(runtime: Runtime, note: LocalControlOptions['note']): Leases {
  return createLeases((owner) => {
    runtime
      .change((layers) => reverted(layers, owner))
      .then(
        () => note(`  ✓ nobody renewed the changes of ${owner}: reverted`),
        (error: Error) => note(`  ✗ the changes of ${owner} stay: ${error.message}`),
      );
  });
}
