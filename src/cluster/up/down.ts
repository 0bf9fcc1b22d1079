import { WindtunnelError } from '../../errors.ts';
import { asString } from '../../manifests/fields.ts';
import type { Progress } from '../../progress.ts';
import { applyResources } from '../apply/apply.ts';
import { type Kube, openKube } from '../kube/client.ts';
import { kubeError } from '../kube/errors.ts';
import { createObjects } from '../kube/kube-rest.ts';
import type { KubeObject } from '../kube/objects.ts';
import { madeByKey, madeByUp, managedByLabel, managedByUs } from '../labels.ts';
import { owners } from './deploy.ts';
import { deleteKindCluster, findKindCluster, kindName } from '../tools/kind.ts';
import { requireDocker } from './machine.ts';
import { createTools } from '../tools/tool.ts';

/** What taking a cluster down needs. */
export interface DownOptions {
  projectDir: string;
  env: Record<string, string | undefined>;
  progress: Progress;
  signal: AbortSignal;
}

/** Deletes the kind cluster that `windtunnel up` made; resolves to what there is to say. Throws `not-ours` for another's. */
export async function downKind({
  projectDir,
  env,
  progress,
  signal,
  ...given
}: DownOptions & { name?: string }): Promise<string> {
  const tools = createTools(env, signal);
  const { name } = await kindName(projectDir, given.name);
  await requireDocker(tools);
  const cluster = await findKindCluster(tools, name);
  if (cluster === undefined) return `there is no kind cluster '${name}'`;
  if (!cluster.ours) {
    throw new WindtunnelError(
      'not-ours',
      `the kind cluster '${name}' was not made by windtunnel up`,
      {
        next: `If it may go: kind delete cluster --name ${name}`,
      },
    );
  }
  await progress.step(`kind cluster '${name}' deleted`, () => deleteKindCluster(tools, name));
  return `the kind cluster '${name}' is gone`;
}

/** Takes away what `windtunnel up` applied to the cluster of a context, and nothing else; resolves to what there is to say. */
export async function downCurrent(options: DownOptions & { context?: string }): Promise<string[]> {
  const { progress, signal, context } = options;
  const kube = openKube({ type: 'default', context });
  const removed = await progress.step(
    `what windtunnel applied to '${kube.context}' taken away`,
    async (step) => {
      const all: string[] = [];
      for (const owner of Object.values(owners)) {
        const onResource = ({ resource }: { resource: string }): void => step.update(resource);
        const done = await applyResources(kube, [], { owner, prune: true, signal, onResource });
        all.push(...done.map(({ resource }) => resource));
      }
      step.update(`${all.length} resources`);
      return all;
    },
  );
  return [
    ...removed.map((resource) => `${resource}: deleted`),
    ...(await removeNamespaces(kube, options)),
  ];
}

/** Kinds that hold someone's work or data: a namespace with one that is not ours stays. */
const kindsOfOthers = [
  ...['Pod', 'Service', 'ConfigMap', 'Secret', 'PersistentVolumeClaim'].map((kind) => ({
    apiVersion: 'v1',
    kind,
  })),
  ...['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => ({ apiVersion: 'apps/v1', kind })),
  ...['Job', 'CronJob'].map((kind) => ({ apiVersion: 'batch/v1', kind })),
];
/** Kubernetes and Istio put these into every namespace. */
const everywhere = new Set([
  'ConfigMap/istio-ca-crl',
  'ConfigMap/istio-ca-root-cert',
  'ConfigMap/kube-root-ca.crt',
]);

/** Deletes the namespaces that were not there before `windtunnel up`, unless others have put something there since. */
async function removeNamespaces(kube: Kube, { progress, signal }: DownOptions): Promise<string[]> {
  const objects = createObjects(kube, signal);
  const selector = `${managedByLabel}=${managedByUs}`;
  const namespaces = await objects
    .list({ apiVersion: 'v1', kind: 'Namespace' }, undefined, selector)
    .catch((thrown: unknown) => {
      throw kubeError(thrown, 'the namespaces cannot be read');
    });
  const said: string[] = [];
  for (const namespace of namespaces) {
    const { name, annotations = {}, uid } = namespace.metadata;
    if (annotations[madeByKey] !== madeByUp) {
      said.push(`Namespace ${name}: stays, it was there before`);
      continue;
    }
    const lists = await Promise.all(kindsOfOthers.map((kind) => objects.list(kind, name)));
    const foreign = lists.flat().filter((object) => !isOursOrTheirs(object));
    if (foreign.length > 0) {
      const names = foreign.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ');
      said.push(`Namespace ${name}: stays, it holds what others made: ${names}`);
      continue;
    }
    await progress.step(`namespace ${name} deleted`, () => objects.remove(namespace, { uid }));
    said.push(`Namespace ${name}: deleted`);
  }
  return said;
}

/** Ours, made by a controller for something else, or in every namespace anyway. */
function isOursOrTheirs({ kind, metadata }: KubeObject): boolean {
  const owned = Array.isArray(metadata.ownerReferences) && metadata.ownerReferences.length > 0;
  const ours = asString(metadata.labels?.[managedByLabel]) === managedByUs;
  return owned || ours || everywhere.has(`${kind}/${metadata.name}`);
}
