import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role';
import type { IRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
import type { INamespace } from 'kubernetes-models/v1/Namespace';
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import type { ResourceBody } from '../../istio/kit/resource.ts';
import { reaperPlace } from '../../src/cluster/reaper/place.ts';
import { revertedKinds } from '../../src/cluster/reaper/kinds.ts';
import type { Topology } from '../../src/topology/model.ts';

const { name, namespace, image, port } = reaperPlace;
const USER_ID = 1000;

const labels = {
  app: name,
  'app.kubernetes.io/name': name,
  'app.kubernetes.io/part-of': 'windtunnel',
  'app.kubernetes.io/managed-by': 'windtunnel',
};

/** The reaper: what takes back the changes of an experiment whose process is gone. One file, `reaper.yaml`. */
export function reaperAddon(topology: Topology): Map<string, ResourceBody[]> {
  return new Map([
    [
      'reaper.yaml',
      [
        namespaceBody(),
        serviceAccount(),
        role(topology.namespace),
        roleBinding(topology.namespace),
        noCallers(),
        deployment(topology.namespace),
      ],
    ],
  ]);
}

/** Without sidecars: the reaper must work when the mesh doesn't. */
function namespaceBody(): INamespace & ResourceBody {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespace,
      labels: {
        'app.kubernetes.io/managed-by': 'windtunnel',
        'istio-injection': 'disabled',
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    },
  };
}

function serviceAccount(): IServiceAccount & ResourceBody {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace, labels },
    automountServiceAccountToken: false,
  };
}

/** In the system's namespace only: what it needs to list leases, mark one, put objects back, and delete the lease. */
function role(inside: string): IRole & ResourceBody {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: `windtunnel-${name}`, namespace: inside, labels },
    rules: [
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['get', 'list', 'update', 'delete'],
      },
      ...revertedKinds.map(({ apiGroup, kinds }) => ({
        apiGroups: [apiGroup],
        resources: Object.values(kinds),
        verbs: ['get', 'create', 'update', 'delete'],
      })),
    ],
  };
}

function roleBinding(inside: string): IRoleBinding & ResourceBody {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: `windtunnel-${name}`, namespace: inside, labels },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: `windtunnel-${name}` },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  };
}

/** Nobody calls it; the kubelet's probes come from the node and pass anyway. */
function noCallers(): INetworkPolicy & ResourceBody {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'deny-all-ingress', namespace, labels },
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  };
}

function deployment(inside: string): IDeployment & ResourceBody {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'false' } },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: true,
          // It may end at any moment: whoever comes next goes on.
          terminationGracePeriodSeconds: 5,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: USER_ID,
            runAsGroup: USER_ID,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container(inside)],
        },
      },
    },
  };
}

type Container = NonNullable<
  NonNullable<IDeployment['spec']>['template']['spec']
>['containers'][number];

function container(inside: string): Container {
  const probe = (path: string): object => ({ httpGet: { path, port: 'health' } });
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', 'src/cluster/reaper/main.ts'],
    workingDir: '/app',
    env: [
      { name: 'PORT', value: String(port) },
      { name: 'WINDTUNNEL_NAMESPACES', value: inside },
    ],
    ports: [{ name: 'health', containerPort: port }],
    startupProbe: { ...probe('/livez'), periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: { ...probe('/livez'), periodSeconds: 20, timeoutSeconds: 5 },
    resources: {
      requests: { cpu: '10m', memory: '48Mi' },
      limits: { memory: '128Mi' },
    },
    securityContext: {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}
