import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { WindtunnelError } from '../../errors.ts';
import { askPlainly, type PlainAnswer } from '../../target/plaintext.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError, statusOf } from '../kube/errors.ts';
import { managedByLabel, managedByUs } from '../labels.ts';
import { reaperPlace } from '../reaper/place.ts';
import { type RelaySession, startRelay } from './relay-session.ts';

/** A place in the cluster that is not in the mesh. */
export interface Outside {
  /** See `Target.plaintext`. */
  ask(authority: string): Promise<PlainAnswer>;
  /** Takes the place away. */
  close(): Promise<void>;
}

/** What {@link createOutside} needs. */
export interface OutsideOptions {
  kube: Kube;
  /** Of the services. */
  namespace: string;
  /** Has `node`, and is on the nodes. */
  image: string;
  /** Aborted when nobody waits for an answer any more. */
  signal: AbortSignal;
}

/** Where Windtunnel's own things are; a cluster that was not made by `up` may lack it. */
const ownNamespace = reaperPlace.namespace;
const container = 'outside';
const startTimeoutMs = 60_000;
/** It ends by itself after that long, and is then removed, also when nobody is left to do so. */
const lifetimeSeconds = 300;

/** A Job with one pod that waits, without a sidecar, and meets the `restricted` pod security standard. */
function outsideJob(name: string, namespace: string, image: string): V1Job {
  const labels = { [managedByLabel]: managedByUs, 'sidecar.istio.io/inject': 'false' };
  return {
    metadata: { name, namespace, labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: lifetimeSeconds,
      ttlSecondsAfterFinished: 0,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 0,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: container,
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '-e', `setTimeout(() => {}, ${lifetimeSeconds * 1000})`],
              resources: { requests: { cpu: '10m', memory: '48Mi' }, limits: { memory: '192Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    },
  };
}

/** Makes an {@link Outside}: a pod of its own that starts with the first question, and a relay in it. */
export function createOutside(options: OutsideOptions): Outside {
  const { kube, namespace, image } = options;
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, options.signal]);
  let made: { name: string; namespace: string } | undefined;
  const start = async (): Promise<RelaySession> => {
    const name = `windtunnel-outside-${randomBytes(4).toString('hex')}`;
    const at = (await hasNamespace(kube, ownNamespace)) ? ownNamespace : 'default';
    made = { name, namespace: at };
    await kube.batch.createNamespacedJob({ namespace: at, body: outsideJob(name, at, image) });
    const pod = await untilRunning(kube, at, name, signal);
    return startRelay(kube, { namespace: at, pod, container }, signal);
  };
  let relay: Promise<RelaySession> | undefined;
  return {
    ask: async (authority) => {
      try {
        relay ??= start();
        const [host = '', port = ''] = authority.split(':');
        const full = host.includes('.') ? host : `${host}.${namespace}.svc.cluster.local`;
        return await askPlainly((await relay).open(`${full}:${port}`), authority);
      } catch (thrown) {
        options.signal.throwIfAborted();
        throw kubeError(thrown, 'starting a pod outside the mesh');
      }
    },
    close: async () => {
      abort.abort();
      await relay?.catch(() => {});
      if (made === undefined) return;
      const gone = { ...made, propagationPolicy: 'Background' };
      // What cannot be removed now ends, and is removed, by itself.
      await kube.batch.deleteNamespacedJob(gone).catch(() => {});
    },
  };
}

async function hasNamespace(kube: Kube, name: string): Promise<boolean> {
  try {
    await kube.core.readNamespace({ name });
    return true;
  } catch (thrown) {
    const status = statusOf(thrown);
    if (status === 404 || status === 403) return false;
    throw thrown;
  }
}

/** Name of the Job's pod once it runs. Throws `start-failed` with the kubelet's reason when it does not in a minute. */
async function untilRunning(
  kube: Kube,
  namespace: string,
  job: string,
  signal: AbortSignal,
): Promise<string> {
  const endMs = performance.now() + startTimeoutMs;
  let state = 'no pod was made';
  while (performance.now() < endMs) {
    signal.throwIfAborted();
    const labelSelector = `batch.kubernetes.io/job-name=${job}`;
    const { items } = await kube.core.listNamespacedPod({ namespace, labelSelector });
    const [pod] = items;
    if (pod?.status?.phase === 'Running') return pod.metadata?.name ?? '';
    state = pod === undefined ? state : waitingReason(pod);
    await sleep(200, undefined, { signal });
  }
  throw new WindtunnelError(
    'start-failed',
    `the pod of Job ${namespace}/${job} does not run: ${state}`,
    {
      next: `kubectl -n ${namespace} describe pod -l job-name=${job}`,
    },
  );
}

function waitingReason({ status }: V1Pod): string {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  return waiting?.message ?? waiting?.reason ?? status?.phase ?? 'unknown';
}
