import { setTimeout as sleep } from 'node:timers/promises';
import { renderManifests } from '../charts/app.ts';
import { inventoryContract } from '../services/inventory/contract.ts';
import { topology } from '../services/topology.ts';
import { applyResources } from '../src/cluster/apply/apply.ts';
import { cliImage } from '../src/cluster/images/catalogue.ts';
import { imagesOf } from '../src/cluster/images/in-manifests.ts';
import { createObjects } from '../src/cluster/kube/kube-rest.ts';
import { sidecarContainer } from '../src/cluster/labels.ts';
import { deploymentsOf } from '../src/cluster/up/deploy.ts';
import { waitReady } from '../src/cluster/up/wait-ready.ts';
import type { RequestSpec } from '../src/load/agent/protocol.ts';
import { asRecord, asRecords, asString } from '../src/manifests/fields.ts';
import { parseResources } from '../src/manifests/load.ts';
import type { Resource } from '../src/manifests/world.ts';
import type { Progress } from '../src/progress.ts';
import type { BenchCluster } from './kit/cluster.ts';

/** What stands between caller and callee. `again` is a second `defaults`: what differs between these two is chance. */
export const armNames = ['ours', 'defaults', 'none', 'again'] as const;
/** One of {@link armNames}. */
export type ArmName = (typeof armNames)[number];

/** One declared edge, as its caller calls it. */
export interface BenchEdge {
  title: string;
  caller: string;
  callee: string;
  request: RequestSpec;
  /** What the answer must be. */
  outcome: string;
}

const timeoutMs = 10_000;
const http = (path: string): RequestSpec => ({
  protocol: 'http',
  address: 'users',
  port: 8080,
  authority: 'users:8080',
  method: 'GET',
  path,
  timeoutMs,
});
const { Reserve } = inventoryContract.grpc.shop.inventory.v1.Inventory.service;
const reservation = { reservationId: 'bench', sku: 'book', quantity: 1 };

/** The edges that are measured: one of REST, one of gRPC. */
export const edges: Readonly<Record<'rest' | 'grpc', BenchEdge>> = {
  rest: {
    title: 'REST  storefront->users  GET /users/123',
    caller: 'storefront',
    callee: 'users',
    request: http('/users/123'),
    outcome: 'http 200',
  },
  grpc: {
    title: 'gRPC  orders->inventory  Reserve',
    caller: 'orders',
    callee: 'inventory',
    request: {
      protocol: 'grpc',
      address: 'inventory',
      port: 50_051,
      authority: 'inventory:50051',
      path: Reserve.path,
      messageBase64: Reserve.requestSerialize(reservation).toString('base64'),
      timeoutMs,
    },
    outcome: 'grpc 0',
  },
};

/** A call that nobody declared: only our policies refuse it. It tells whether an arm is what its name says. */
export const undeclared = {
  edge: { ...edges.rest, request: http('/healthz') },
  outcome: { ours: 'http 403', defaults: 'http 200', none: 'http 200', again: 'http 200' },
} as const;

/** Namespace of an arm. */
export function namespaceOf(arm: ArmName): string {
  return `windtunnel-bench-${arm}`;
}

const istioGroups = /^(?:networking|security|telemetry)\.istio\.io\//;
const owner = 'bench';
const deleteTimeoutMs = 120_000;

/**
 * The resources of one arm: those of the shop, in a namespace of its own. Callers are pods that only make requests, callees have one
 * replica. Without the way in, which would be a second one to the same gateway.
 */
export function armResources(arm: ArmName, measured: readonly BenchEdge[]): Resource[] {
  const files = renderManifests({ ...topology, namespace: namespaceOf(arm) });
  const callers = measured.map(({ caller }) => caller);
  const wanted = new Set([...callers, ...measured.map(({ callee }) => callee)]);
  return [...files]
    .flatMap(([file, text]) => parseResources(text, file))
    .filter(({ kind, metadata }) => kind !== 'Deployment' || wanted.has(metadata.name))
    .filter(({ kind, body }) => kind !== 'Gateway' && !('gateways' in asRecord(body.spec)))
    .filter(({ kind, apiVersion }) => {
      if (arm === 'ours') return true;
      return !istioGroups.test(apiVersion) && kind !== 'NetworkPolicy';
    })
    .map((resource) => adapted(resource, arm, callers));
}

function adapted(resource: Resource, arm: ArmName, callers: readonly string[]): Resource {
  if (resource.kind === 'Namespace') {
    const injection = arm === 'none' ? 'disabled' : 'enabled';
    const labels = { ...resource.metadata.labels, 'istio-injection': injection };
    return { ...resource, metadata: { ...resource.metadata, labels } };
  }
  const body = structuredClone(resource.body);
  if (resource.kind === 'Deployment') {
    const spec = asRecord(body.spec);
    spec.replicas = 1;
    for (const container of asRecords(asRecord(asRecord(spec.template).spec).containers)) {
      // Four times the shop has to fit into one node.
      const resources = asRecord(container.resources);
      container.resources = { ...resources, requests: { cpu: '10m', memory: '32Mi' } };
      if (!callers.includes(resource.metadata.name)) continue;
      container.image = cliImage.name;
      container.command = [
        'node',
        '-e',
        "process.on('SIGTERM', process.exit); setInterval(() => {}, 1e6)",
      ];
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
        delete container[probe];
    }
  }
  return { ...resource, body };
}

/** Brings the arms up, works with them, and takes them away, also on Ctrl-C. */
export async function withArms<T>(
  {
    kube,
    progress,
    signal,
    measured,
  }: {
    kube: BenchCluster['kube'];
    progress: Progress;
    signal: AbortSignal;
    measured: readonly BenchEdge[];
  },
  work: () => Promise<T>,
): Promise<T> {
  try {
    for (const arm of armNames) {
      const resources = armResources(arm, measured);
      await progress.step(`namespace ${namespaceOf(arm)}`, async (step) => {
        await applyResources(kube, resources, { owner, signal });
        await waitReady({ kube, deployments: deploymentsOf(resources), step, signal });
        step.update(imagesOf(resources).join(', '));
      });
    }
    return await work();
  } finally {
    await progress.step('the namespaces deleted', () => removeNamespaces(kube));
  }
}

/** With time of its own: the signal may be what ends the bench. */
async function removeNamespaces(kube: BenchCluster['kube']): Promise<void> {
  const signal = AbortSignal.timeout(deleteTimeoutMs);
  const objects = createObjects(kube, signal);
  const refs = armNames.map((arm) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespaceOf(arm) },
  }));
  await Promise.all(refs.map((ref) => objects.remove(ref)));
  for (const ref of refs) {
    while ((await objects.read(ref)) !== undefined) await sleep(500, undefined, { signal });
  }
}

/** The pod of a Deployment and the ids of its containers. */
export interface ArmPod {
  pod: string;
  sidecar: string | undefined;
  app: string;
}

/** Looks up the one pod of a Deployment. Throws when its containers are not what the arm should have. */
export async function findPod(
  kube: BenchCluster['kube'],
  arm: ArmName,
  app: string,
): Promise<ArmPod> {
  const namespace = namespaceOf(arm);
  const { items } = await kube.core.listNamespacedPod({ namespace, labelSelector: `app=${app}` });
  const [pod] = items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  const { containerStatuses = [], initContainerStatuses = [] } = pod?.status ?? {};
  const idOf = (name: string): string | undefined => {
    const all = [...containerStatuses, ...initContainerStatuses];
    const found = all.find((status) => status.name === name);
    return asString(found?.containerID)?.replace(/^.*:\/\//, '');
  };
  const sidecar = idOf(sidecarContainer);
  const service = idOf(app);
  const name = pod?.metadata?.name;
  if (name === undefined || service === undefined) throw new Error(`no pod of ${namespace}/${app}`);
  if ((sidecar === undefined) !== (arm === 'none')) {
    throw new Error(`pod ${namespace}/${name} has ${sidecar === undefined ? 'no' : 'a'} sidecar`);
  }
  return { pod: name, sidecar, app: service };
}
