import { stringify } from 'yaml';
import type { IRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role';
import type { IRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
import type { ResourceBody } from '../../../istio/kit/resource.ts';
import { observability } from '../../../src/topology/observability.ts';
import { images } from './images.ts';
import { addonLabels, addonMetadata, addonWorkload } from './workload.ts';
import { ingressPolicy, serviceOf } from './service.ts';

const { name, port } = observability.prometheus;

/** How long samples are kept, and how much of them; whichever ends first. */
const retention = { time: '6h', size: '400MB' };

/** Prometheus, which takes the metrics of the pods in `namespaces` and of istiod. */
export function prometheusAddon(namespaces: readonly string[]): ResourceBody[] {
  const config = stringify(prometheusConfig(namespaces));
  return [
    ...namespaces.flatMap(podReader),
    ...addonWorkload({
      name,
      image: images.prometheus,
      userId: 65_534,
      args: [
        '--config.file=/etc/prometheus/prometheus.yml',
        '--storage.tsdb.path=/prometheus',
        `--storage.tsdb.retention.time=${retention.time}`,
        `--storage.tsdb.retention.size=${retention.size}`,
        `--web.listen-address=0.0.0.0:${port}`,
      ],
      ports: { http: port },
      probe: { path: '/-/ready', port: 'http' },
      config: { path: '/etc/prometheus', file: 'prometheus.yml', text: config },
      data: { path: '/prometheus', sizeLimit: '1Gi' },
      resources: { cpu: '20m', memoryRequest: '128Mi', memoryLimit: '512Mi' },
      usesApi: true,
    }),
    serviceOf(name, { http: port }),
    ingressPolicy(name, [
      { port, from: [{ namespace: observability.namespace, app: observability.kiali.name }] },
    ]),
  ];
}

/** The configuration file. */
function prometheusConfig(namespaces: readonly string[]): object {
  return {
    global: { scrape_interval: '15s', scrape_timeout: '10s', evaluation_interval: '1m' },
    scrape_configs: [
      {
        job_name: 'pods',
        // More is a mistake in a pod's metrics, which must not take the others' memory.
        sample_limit: 20_000,
        kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [...namespaces] } }],
        relabel_configs: podRelabeling,
      },
    ],
  };
}

const pod = '__meta_kubernetes_pod';
const annotation = `${pod}_annotation_prometheus_io`;

/**
 * A pod is a target once, at the port that its annotations name: the agent's in pods with a sidecar, as injection rewrites
 * them. Kiali reads the labels `namespace`, `pod`, `app` and `version`.
 */
const podRelabeling = [
  { action: 'keep', source_labels: [`${annotation}_scrape`], regex: 'true' },
  { action: 'drop', source_labels: [`${pod}_phase`], regex: 'Pending|Succeeded|Failed' },
  {
    action: 'replace',
    source_labels: [`${annotation}_path`],
    regex: '(.+)',
    target_label: '__metrics_path__',
  },
  {
    action: 'replace',
    source_labels: [`${annotation}_port`, `${pod}_ip`],
    regex: '(\\d+);(.*\\..*)',
    replacement: '$2:$1',
    target_label: '__address__',
  },
  {
    action: 'replace',
    source_labels: [`${annotation}_port`, `${pod}_ip`],
    // An address of IPv6 stands in brackets.
    regex: '(\\d+);(.*:.*)',
    replacement: '[$2]:$1',
    target_label: '__address__',
  },
  { action: 'replace', source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
  { action: 'replace', source_labels: [`${pod}_name`], target_label: 'pod' },
  { action: 'replace', source_labels: [`${pod}_label_app`], target_label: 'app' },
  { action: 'replace', source_labels: [`${pod}_label_version`], target_label: 'version' },
];

/** Prometheus finds pods by asking for them; it may ask in these namespaces, and for nothing else. */
function podReader(namespace: string): [IRole, IRoleBinding] {
  const metadata = {
    ...addonMetadata(`${observability.namespace}-${name}`, namespace),
    labels: addonLabels(name),
  };
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: observability.namespace }],
    },
  ];
}
