import { stringify } from 'yaml';
import type { IClusterRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole';
import type { IClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding';
import type { IRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role';
import type { IRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
import type { ResourceBody } from '../../../istio/kit/resource.ts';
import { observability } from '../../../src/topology/observability.ts';
import { images } from './images.ts';
import { ingressPolicy } from './service.ts';
import { addonLabels, addonMetadata, addonWorkload } from './workload.ts';

const { name, port } = observability.kiali;
const rbac = 'rbac.authorization.k8s.io';
const clusterName = `${observability.namespace}-${name}`;
const subjects = [{ kind: 'ServiceAccount', name, namespace: observability.namespace }];

/**
 * Kiali, to look at and not to change: view-only, and its role can change nothing either. It has no Service, and its
 * network policy lets no pod in: who may forward ports into the cluster may see it, hence no login.
 */
export function kialiAddon(meshNamespaces: readonly string[]): ResourceBody[] {
  return [
    ...meshReader(),
    ...meshNamespaces.flatMap(proxyReader),
    ...addonWorkload({
      name,
      image: images.kiali,
      userId: 1000,
      command: ['/opt/kiali/kiali'],
      args: ['-config', '/kiali-configuration/config.yaml'],
      ports: { http: port },
      probe: { path: '/kiali/healthz', port: 'http' },
      config: {
        path: '/kiali-configuration',
        file: 'config.yaml',
        text: stringify(kialiConfig),
      },
      resources: { cpu: '20m', memoryRequest: '96Mi', memoryLimit: '512Mi' },
      usesApi: true,
    }),
    ingressPolicy(name, []),
  ];
}

const inCluster = (service: { name: string }, at: number): string =>
  `http://${service.name}.${observability.namespace}.svc.cluster.local:${at}`;

const kialiConfig = {
  auth: { strategy: 'anonymous' },
  deployment: {
    cluster_wide_access: true,
    instance_name: name,
    namespace: observability.namespace,
    view_only_mode: true,
  },
  external_services: {
    custom_dashboards: { enabled: false },
    grafana: { enabled: false },
    istio: { root_namespace: 'istio-system' },
    prometheus: { url: inCluster(observability.prometheus, observability.prometheus.port) },
    tracing: {
      enabled: true,
      provider: 'jaeger',
      internal_url: inCluster(observability.jaeger, observability.jaeger.queryPort),
      use_grpc: false,
    },
  },
  istio_namespace: 'istio-system',
  // Kiali wants 16 characters, although nobody logs in where the strategy is anonymous.
  login_token: { signing_key: 'anonymous-needs0' },
  server: { port, web_root: '/kiali', observability: { metrics: { enabled: false } } },
};

const look = ['get', 'list', 'watch'];

/** What Kiali reads in every namespace, as it shows the whole mesh. No Secrets. */
function meshReader(): [IClusterRole, IClusterRoleBinding] {
  const metadata = { name: clusterName, labels: addonLabels(name) };
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata,
      rules: [
        {
          apiGroups: [''],
          resources: ['configmaps', 'endpoints', 'namespaces', 'pods', 'pods/log', 'services'],
          verbs: look,
        },
        {
          apiGroups: ['apps'],
          resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'],
          verbs: look,
        },
        { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: look },
        {
          apiGroups: [
            'extensions.istio.io',
            'gateway.networking.k8s.io',
            'networking.istio.io',
            'security.istio.io',
            'telemetry.istio.io',
          ],
          resources: ['*'],
          verbs: look,
        },
        {
          apiGroups: ['admissionregistration.k8s.io'],
          resources: ['mutatingwebhookconfigurations'],
          verbs: look,
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: clusterName },
      subjects,
    },
  ];
}

/** Kiali asks istiod and the proxies what they hold by forwarding a port: in these namespaces, in no other. */
function proxyReader(namespace: string): [IRole, IRoleBinding] {
  const metadata = { ...addonMetadata(clusterName, namespace), labels: addonLabels(name) };
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['pods/portforward'], verbs: ['create'] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: clusterName },
      subjects,
    },
  ];
}
