import { parse } from 'yaml';
import { asRecord, asStringMap } from '../manifests/fields.ts';
import { isWorkload } from '../manifests/read-workload.ts';
import type { Resource } from '../manifests/world.ts';

/** A label, annotation or field that would change what proxies do, but is not translated. */
export interface MetadataProblem {
  path: string;
  reason: string;
}

const noAmbient = 'ambient mode is not translated: workloads have sidecars here';
const noRedirection =
  'nothing is redirected here: a workload reaches the mesh by the addresses in its environment';

/** Labels by exact key; of namespaces, services and pods alike. */
const refusedLabels: Record<string, string> = {
  'istio.io/use-waypoint': noAmbient,
  'istio.io/ingress-use-waypoint': noAmbient,
  'istio.io/persistent-session': 'persistent sessions are not translated',
};

/** Annotations by exact key. */
const refusedAnnotations: Record<string, string> = {
  'networking.istio.io/traffic-distribution': 'replicas have no locality here',
  'traffic.sidecar.istio.io/includeInboundPorts': noRedirection,
  'traffic.sidecar.istio.io/excludeInboundPorts': noRedirection,
  'traffic.sidecar.istio.io/includeOutboundPorts': noRedirection,
  'traffic.sidecar.istio.io/excludeOutboundPorts': noRedirection,
  'traffic.sidecar.istio.io/includeOutboundIPRanges': noRedirection,
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': noRedirection,
  'traffic.sidecar.istio.io/kubevirtInterfaces': noRedirection,
  'sidecar.istio.io/interceptionMode': noRedirection,
};

/** What of a resource's metadata (and a workload's pod template) is not translated. */
export function meshMetadataProblems(resource: Resource): MetadataProblem[] {
  const problems = metadataProblems(asRecord(resource.body.metadata), 'metadata');
  const spec = asRecord(resource.body.spec);
  if (resource.kind === 'Service' && resource.apiVersion === 'v1') {
    for (const [field, reason] of [
      ['trafficDistribution', 'replicas have no locality here'],
      [
        'sessionAffinity',
        'sidecars ignore it, in Istio, too: use consistentHash in a DestinationRule',
      ],
    ] as const) {
      if (spec[field] !== undefined && spec[field] !== 'None')
        problems.push({ path: `spec.${field}`, reason });
    }
  }
  if (isWorkload(resource) && resource.kind !== 'Pod') {
    const template = asRecord(asRecord(spec.template).metadata);
    problems.push(...metadataProblems(template, 'spec.template.metadata'));
  }
  return problems;
}

function metadataProblems(metadata: Record<string, unknown>, path: string): MetadataProblem[] {
  const labels = asStringMap(metadata.labels);
  const problems: MetadataProblem[] = [];
  if (labels['istio.io/dataplane-mode'] === 'ambient') {
    problems.push({ path: `${path}.labels.istio.io/dataplane-mode`, reason: noAmbient });
  }
  for (const key of Object.keys(labels)) {
    const reason = refusedLabels[key];
    if (reason !== undefined && labels[key] !== 'none')
      problems.push({ path: `${path}.labels.${key}`, reason });
  }
  problems.push(...proxyConfigProblems(asStringMap(metadata.annotations), path));
  for (const key of Object.keys(asStringMap(metadata.annotations))) {
    const reason = refusedAnnotations[key];
    if (reason !== undefined) problems.push({ path: `${path}.annotations.${key}`, reason });
  }
  return problems;
}

const proxyConfig = 'proxy.istio.io/config';

/** Settings of a proxy that have no say in what it does to a request, or hold here anyway. */
const harmlessSettings = new Set([
  'concurrency',
  'proxyMetadata.EXIT_ON_ZERO_ACTIVE_CONNECTIONS',
  'holdApplicationUntilProxyStarts',
  'proxyStatsMatcher',
]);

function proxyConfigProblems(annotations: Record<string, string>, path: string): MetadataProblem[] {
  const text = annotations[proxyConfig];
  if (text === undefined) return [];
  const where = `${path}.annotations.${proxyConfig}`;
  let settings: unknown;
  try {
    settings = parse(text);
  } catch {
    return [{ path: where, reason: 'it is not valid YAML' }];
  }
  // The variables of istio-agent are judged one by one.
  const { proxyMetadata, ...others } = asRecord(settings);
  const variables = Object.keys(asRecord(proxyMetadata)).map((key) => `proxyMetadata.${key}`);
  return [...Object.keys(others), ...variables]
    .filter((key) => !harmlessSettings.has(key))
    .map((key) => ({
      path: `${where}.${key}`,
      reason: 'settings of the proxy itself are not translated',
    }));
}
