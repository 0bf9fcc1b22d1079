import { WindtunnelError } from '../../errors.ts';
import { accessLogFields } from '../../target/access-log.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError, statusOf } from '../kube/errors.ts';
import { needIstiods } from '../kube/istiods.ts';
import type { EnvoyAdmin } from './admin.ts';
import type { ClusterPod, ClusterWorkload, PodView } from './pods.ts';

/** What {@link checkCluster} needs. */
export interface CheckOptions {
  kube: Kube;
  view: PodView;
  admin: EnvoyAdmin;
  namespace: string;
  /** Names of the services that must stand behind a sidecar. */
  services: readonly string[];
  /** The command that would mend what is missing. */
  up: string;
}

/**
 * Whether a cluster can be a target: it answers, Istio is there, the namespace with its services is, each behind a
 * sidecar, and the sidecars write the access log that calls and experiments are read from. Throws what is missing first:
 * `unreachable`, `preflight` or `not-running`, with the next step.
 */
export async function checkCluster(options: CheckOptions): Promise<void> {
  const { kube, view, admin, namespace, services, up } = options;
  await checkNamespace(kube, namespace, up);
  await needIstiods(kube);
  const workloads = await view.workloads(1000);
  const own = workloads.filter((workload) => workload.namespace === namespace);
  const missing = services.filter((service) => !own.some(({ name }) => name === service));
  if (missing.length > 0) await explainMissing(kube, namespace, missing, up);
  const pod = firstRunning(own);
  if (pod === undefined) {
    throw new WindtunnelError('not-running', `no sidecar runs in namespace ${namespace}`, {
      next: `See why: kubectl -n ${namespace} get pods`,
    });
  }
  const path = '/config_dump?resource=dynamic_listeners';
  const dump = await admin.ask({ namespace, pod: pod.name }, 'GET', path);
  const absent = missingLogFields(dump);
  if (absent.length === 0) return;
  throw new WindtunnelError(
    'preflight',
    `the sidecars do not log what Windtunnel reads: ${absent.join(', ')} of pod ${namespace}/${pod.name}`,
    { next: logAdvice() },
  );
}

/** Fields of the access log that an Envoy's configuration dump does not have with our meaning. */
export function missingLogFields(dump: string): string[] {
  return Object.entries(accessLogFields)
    .filter(([key, operator]) => !new RegExp(`"${key}":\\s*"${escaped(operator)}"`).test(dump))
    .map(([key]) => key);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function logAdvice(): string {
  const lines = [
    "Add to Istio's meshConfig, as istio/install.yaml has it, and restart the workloads:",
    '  accessLogFile: /dev/stdout',
    '  accessLogEncoding: JSON',
    `  accessLogFormat: '${JSON.stringify(accessLogFields)}'`,
  ];
  return lines.join('\n');
}

async function checkNamespace(kube: Kube, name: string, up: string): Promise<void> {
  try {
    await kube.core.readNamespace({ name });
  } catch (thrown) {
    if (statusOf(thrown) !== 404) throw kubeError(thrown, `the cluster of ${kube.context}`);
    const message = `there is no namespace '${name}' in the cluster of ${kube.context}`;
    throw new WindtunnelError('not-running', message, { next: up });
  }
}

function firstRunning(workloads: ClusterWorkload[]): ClusterPod | undefined {
  return workloads.flatMap(({ pods }) => pods).find(({ sidecarId }) => sidecarId !== undefined);
}

/** Throws why services are no workloads behind a sidecar: they are not there, or were not injected. */
async function explainMissing(
  kube: Kube,
  namespace: string,
  missing: string[],
  up: string,
): Promise<never> {
  const { items } = await kube.apps.listNamespacedDeployment({ namespace });
  const deployed = missing.filter((name) => items.some(({ metadata }) => metadata?.name === name));
  if (deployed.length === 0) {
    const message = `namespace ${namespace} lacks ${missing.join(', ')}`;
    throw new WindtunnelError('not-running', message, { next: up });
  }
  const restart = deployed.map((name) => `deployment/${name}`).join(' ');
  throw new WindtunnelError(
    'preflight',
    `no pod of ${deployed.join(', ')} in namespace ${namespace} has a sidecar`,
    {
      next:
        `kubectl label namespace ${namespace} istio-injection=enabled --overwrite && ` +
        `kubectl -n ${namespace} rollout restart ${restart}`,
    },
  );
}
