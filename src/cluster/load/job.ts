import type { V1Job, V1PodTemplateSpec } from '@kubernetes/client-node';
import { loadLabel, managedByLabel, managedByUs } from '../labels.ts';

/** The container in which the load agent is started. */
export const loadContainer = 'load';

/** A condition that nobody ever sets: the pod runs, and is never ready, so that it is never an endpoint of the caller's Service. */
export const neverReady = 'windtunnel.dev/never-an-endpoint';

/** Such a pod ends by itself after that long, whatever else happens. */
const lifetimeSeconds = 86_400;
/** The agent tells the waiting program of itself every 15 s: see `--keeper` of src/load/agent/main.ts. */
const leaseMs = 60_000;

/**
 * What the container runs: it waits, and ends by itself when no agent has told it of itself for {@link leaseMs} (the CLI was
 * killed, or lost the cluster), or when an agent has ended. A sidecar that is no native one is told to end, too.
 */
const waiter = `
let timer;
const end = () => fetch('http://127.0.0.1:15020/quitquitquit', { method: 'POST', signal: AbortSignal.timeout(500) })
  .catch(() => {}).finally(() => process.exit(0));
const wait = () => { clearTimeout(timer); timer = setTimeout(end, ${leaseMs}); };
process.on('SIGUSR2', wait).on('SIGTERM', end);
wait();
`;

/** Annotations of the caller that speak of its own container, not of its place in the mesh. */
const ofTheServiceItself = /^(?:prometheus\.io|kubectl\.kubernetes\.io)\//;

/** What {@link loadJob} needs. */
export interface LoadJobOptions {
  name: string;
  namespace: string;
  caller: string;
  /** With the load agent in it. */
  image: string;
  /** The pods of the caller, as its Deployment or StatefulSet makes them. */
  template: V1PodTemplateSpec;
}

/**
 * A Job with one pod that waits for the load agent to be started in it: a replica of the caller to the mesh (its labels,
 * annotations and service account, so Sidecar, NetworkPolicy and AuthorizationPolicy take it for one, with a sidecar that has
 * the same settings), but never an endpoint. It meets the `restricted` pod security standard.
 */
export function loadJob({ name, namespace, caller, image, template }: LoadJobOptions): V1Job {
  const labels = { [managedByLabel]: managedByUs, [loadLabel]: caller.slice(0, 63) };
  const annotations = Object.fromEntries(
    Object.entries(template.metadata?.annotations ?? {}).filter(
      ([key]) => !ofTheServiceItself.test(key),
    ),
  );
  const { serviceAccountName, imagePullSecrets, nodeSelector, tolerations } = template.spec ?? {};
  return {
    metadata: { name, namespace, labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: lifetimeSeconds,
      ttlSecondsAfterFinished: 0,
      template: {
        // The caller's own labels win: whatever selects the caller by them selects this pod.
        metadata: { labels: { ...labels, ...template.metadata?.labels }, annotations },
        spec: {
          restartPolicy: 'Never',
          readinessGates: [{ conditionType: neverReady }],
          ...(serviceAccountName && { serviceAccountName }),
          ...(imagePullSecrets && { imagePullSecrets }),
          ...(nodeSelector && { nodeSelector }),
          ...(tolerations && { tolerations }),
          automountServiceAccountToken: false,
          // Its requests are over when it is deleted, and the next run's counters must not have this one's in them.
          terminationGracePeriodSeconds: 1,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            runAsGroup: 1000,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: loadContainer,
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '-e', waiter],
              workingDir: '/app',
              resources: { requests: { cpu: '100m', memory: '96Mi' }, limits: { memory: '512Mi' } },
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
