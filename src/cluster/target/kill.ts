import { WindtunnelError } from '../../errors.ts';
import type { KillSignal } from '../../target/target.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError } from '../kube/errors.ts';
import type { ClusterPod, PodView } from './pods.ts';

/** Sends a signal to the service process of a pod; see `Target.kill`. */
export type Kill = (pod: string, signal: KillSignal) => Promise<void>;

/** Runs a command on a node of the cluster; rejects when it fails. */
export type NodeRunner = (node: string, command: string[]) => Promise<unknown>;

/**
 * By the container runtime of the node, where it can be reached (kind): a process cannot be killed by `exec`, as the
 * first of a container ignores signals from within.
 */
export function killOnNode(view: PodView, runOnNode: NodeRunner): Kill {
  return async (name, signal) => {
    const pod = await podNamed(view, name);
    const id = pod.containerId?.replace(/^\w+:\/\//, '');
    if (id === undefined) {
      throw new WindtunnelError(
        'not-running',
        `${pod.container} in pod ${pod.name} is not running`,
        {
          next: `Wait until it is started again; why it ended: kubectl -n ${pod.namespace} logs ${pod.name} -c ${pod.container} --previous`,
        },
      );
    }
    await runOnNode(pod.node, ['ctr', '-n', 'k8s.io', 'tasks', 'kill', '-s', signal, id]);
  };
}

/** By the API server alone: a pod can be deleted, at once or in order, but no process be stopped and continued. */
export function killByDeletion(kube: Kube, view: PodView): Kill {
  return async (name, signal) => {
    if (signal !== 'SIGKILL' && signal !== 'SIGTERM') {
      throw new WindtunnelError('unsupported', `${signal} cannot be sent to pod ${name}`, {
        next: 'Only a kind cluster lets its nodes be reached: --target kind',
      });
    }
    const pod = await podNamed(view, name);
    const grace = signal === 'SIGKILL' ? { gracePeriodSeconds: 0 } : {};
    const { namespace } = pod;
    try {
      await kube.core.deleteNamespacedPod({ namespace, name: pod.name, ...grace });
    } catch (thrown) {
      throw kubeError(thrown, `deleting pod ${namespace}/${pod.name}`);
    }
  };
}

async function podNamed(view: PodView, name: string): Promise<ClusterPod> {
  const pods = (await view.workloads(0)).flatMap((workload) => workload.pods);
  const found = pods.find((pod) => pod.name === name || `${pod.name}.${pod.namespace}` === name);
  if (found !== undefined) return found;
  throw new WindtunnelError(
    'unknown-reference',
    `no pod ${name} with a service process; there are ${pods.map((pod) => pod.name).join(', ') || 'none'}`,
    { next: 'Name one of them, or bring the services up: windtunnel up' },
  );
}
