import { WindtunnelError } from '../../errors.ts';
import type { Target } from '../../target/target.ts';
import type { Topology } from '../../topology/model.ts';
import { type Kube, openKube } from '../kube/client.ts';
import {
  findKindCluster,
  ingressNodePort,
  kindDefaults,
  kindKubeconfig,
  readKindConfig,
} from '../tools/kind.ts';
import { createTools, type Tools } from '../tools/tool.ts';
import { createEnvoyAdmin } from './admin.ts';
import { checkCluster } from './check-cluster.ts';
import { createPodView } from './pods.ts';
import { type ClusterChanges, clusterTarget, type ClusterTargetOptions } from './target.ts';

/** Which cluster, and what should run in it. */
export interface OpenClusterOptions {
  /** A kind cluster by name (default: kind-config.yaml's), or a kubeconfig context (default: the current one). */
  place:
    | { name: 'kind'; cluster: string | undefined }
    | { name: 'current'; context: string | undefined };
  topology: Topology;
  projectDir: string;
  env: Record<string, string | undefined>;
  signal: AbortSignal;
  note(text: string): void;
}

/**
 * Opens a cluster as a target, after a check that it can be one. Throws with the next step: `unreachable` (Docker, the
 * cluster), `not-running` (no such cluster, nothing in it), `preflight` (no Istio, no sidecars, another access log).
 */
export async function openClusterTarget(options: OpenClusterOptions): Promise<Target> {
  const { topology, note, place, signal } = options;
  const { namespace, image } = topology;
  const { kube, up, ...more } =
    place.name === 'kind' ? await openKind(options, place.cluster) : openCurrent(place.context);
  const view = createPodView(kube, namespace);
  const admin = createEnvoyAdmin(kube);
  try {
    const services = topology.services.map(({ name }) => name);
    await checkCluster({ kube, view, admin, namespace, services, up });
  } finally {
    admin.close();
  }
  const changes = leasedChanges(kube, namespace);
  return clusterTarget({
    kube,
    name: place.name,
    namespace,
    image,
    changes,
    signal,
    note,
    ...more,
  });
}

type Found = Pick<ClusterTargetOptions, 'kube' | 'mapped' | 'runOnNode'> & { up: string };

async function openKind(options: OpenClusterOptions, given: string | undefined): Promise<Found> {
  const { projectDir, env, signal } = options;
  const defaults = kindDefaults(await readKindConfig(projectDir));
  const name = given ?? defaults.name;
  const named = name === defaults.name ? '' : ` --cluster ${name}`;
  const up = `windtunnel up --target kind${named}`;
  const tools = createTools(env, signal);
  const cluster = await findCluster(tools, name);
  if (cluster === undefined || !cluster.running) {
    const state =
      cluster === undefined
        ? `there is no kind cluster '${name}'`
        : `the kind cluster '${name}' is stopped`;
    throw new WindtunnelError('not-running', state, { next: up });
  }
  const kube = openKube({ type: 'text', kubeconfig: await kindKubeconfig(tools, name) });
  const { port } = cluster;
  return {
    kube,
    up,
    ...(port === undefined ? {} : { mapped: { nodePort: ingressNodePort, hostPort: port } }),
    runOnNode: (node, command) => tools.output('docker', ['exec', node, ...command]),
  };
}

async function findCluster(tools: Tools, name: string): ReturnType<typeof findKindCluster> {
  try {
    return await findKindCluster(tools, name);
  } catch (thrown) {
    const error = WindtunnelError.from(thrown);
    if (error.code !== 'start-failed') throw error;
    throw new WindtunnelError('unreachable', `Docker does not answer: ${error.message}`, {
      cause: thrown,
      next: 'Start Docker, and check that this user may use it: docker ps',
    });
  }
}

function openCurrent(context: string | undefined): Found {
  const kube: Kube = openKube({ type: 'default', ...(context === undefined ? {} : { context }) });
  const named = context === undefined ? '' : ` --context ${context}`;
  return { kube, up: `windtunnel up --target current${named}` };
}

/** Loaded on first use: most commands change nothing. */
function leasedChanges(kube: Kube, namespace: string): ClusterChanges {
  let loading: Promise<ClusterChanges> | undefined;
  const leases = (): Promise<ClusterChanges> => {
    loading ??= import('../lease/leases.ts').then(({ createLeases }) =>
      createLeases(kube, { namespaces: [namespace] }),
    );
    return loading;
  };
  return {
    apply: async (...given) => (await leases()).apply(...given),
    renew: async (...given) => (await leases()).renew(...given),
    revert: async (...given) => (await leases()).revert(...given),
    owners: async () => (await leases()).owners(),
  };
}
