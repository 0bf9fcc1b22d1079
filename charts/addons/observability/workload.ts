import { createHash } from 'node:crypto';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import { observability } from '../../../src/topology/observability.ts';

/** One program of the observability addon: a single replica with one configuration file. */
export interface AddonWorkload {
  name: string;
  image: string;
  /** User of the image; numeric, as `runAsNonRoot` cannot be checked against a name. */
  userId: number;
  command?: string[];
  args: string[];
  ports: Record<string, number>;
  /** What answers 200 when the program can serve. */
  probe: { path: string; port: string };
  /** Mounted read-only at `path`. */
  config: { path: string; file: string; text: string };
  /** A volume for data that a restart may lose; its size is bounded. */
  data?: { path: string; sizeLimit: string };
  resources: { cpu: string; memoryRequest: string; memoryLimit: string };
  /** Whether the program asks the API server. */
  usesApi: boolean;
}

/** Labels of everything of the addon; `app` is what network policies and `windtunnel dashboard` select by. */
export function addonLabels(name: string): Record<string, string> {
  return {
    app: name,
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/part-of': observability.namespace,
    'app.kubernetes.io/managed-by': 'windtunnel',
  };
}

/** Metadata of an object of the addon, in its namespace unless another is given. */
export function addonMetadata(
  name: string,
  namespace: string = observability.namespace,
): { name: string; namespace: string; labels: Record<string, string> } {
  return { name, namespace, labels: addonLabels(name) };
}

/** The ServiceAccount, the ConfigMap and the Deployment of a program; its pod meets the `restricted` pod security standard. */
export function addonWorkload(workload: AddonWorkload): [IServiceAccount, IConfigMap, IDeployment] {
  const { name, config } = workload;
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: addonMetadata(name),
      automountServiceAccountToken: false,
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: addonMetadata(name),
      data: { [config.file]: config.text },
    },
    deploymentOf(workload),
  ];
}

function deploymentOf(workload: AddonWorkload): IDeployment {
  const { name, config, data, usesApi, userId } = workload;
  const volumes = [
    { name: 'config', configMap: { name } },
    { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
    ...(data ? [{ name: 'data', emptyDir: { sizeLimit: data.sizeLimit } }] : []),
  ];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: addonMetadata(name),
    spec: {
      replicas: 1,
      // Two at once would hold the memory of two, and neither sees what the other does.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: { app: name } },
      template: {
        metadata: {
          labels: { ...addonLabels(name), 'sidecar.istio.io/inject': 'false' },
          // The programs read their configuration once: another text is another pod.
          annotations: { 'windtunnel.dev/config-hash': hashOf(config.text) },
        },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: usesApi,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: userId,
            runAsGroup: userId,
            fsGroup: userId,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [containerOf(workload)],
          volumes,
        },
      },
    },
  };
}

type Container = NonNullable<
  NonNullable<IDeployment['spec']>['template']['spec']
>['containers'][number];

function containerOf(workload: AddonWorkload): Container {
  const { name, image, command, args, ports, probe, config, data, resources } = workload;
  const httpGet = { path: probe.path, port: probe.port };
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    ...(command && { command }),
    args,
    ports: Object.entries(ports).map(([portName, containerPort]) => ({
      name: portName,
      containerPort,
    })),
    startupProbe: { httpGet, periodSeconds: 2, failureThreshold: 60 },
    readinessProbe: { httpGet, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { httpGet, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 },
    resources: {
      requests: { cpu: resources.cpu, memory: resources.memoryRequest },
      limits: { memory: resources.memoryLimit },
    },
    securityContext: {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'config', mountPath: config.path, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
      ...(data ? [{ name: 'data', mountPath: data.path }] : []),
    ],
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
