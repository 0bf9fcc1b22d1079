import { asNumber, asRecord, asRecords, asString, asStringMap, asStrings } from './fields.ts';
import type { Problems } from './problems.ts';
import { readEnvironment } from './read-environment.ts';
import type { Container, Probe, Resource, Workload } from './world.ts';

const workloadKinds = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Pod']);

/** Whether a resource runs something that {@link readWorkload} reads. Jobs and CronJobs are no services. */
export function isWorkload(resource: Resource): boolean {
  return workloadKinds.has(resource.kind);
}

/** What a workload is read with: the namespaces' labels, and all resources, for the ConfigMaps and Secrets its env names. */
export interface WorkloadSurroundings {
  namespaces: Map<string, Record<string, string>>;
  resources: Resource[];
}

/** A Deployment, StatefulSet, DaemonSet, ReplicaSet or Pod. */
export function readWorkload(
  resource: Resource,
  surroundings: WorkloadSurroundings,
  problems: Problems,
): Workload {
  const spec = asRecord(resource.body.spec);
  const isPod = resource.kind === 'Pod';
  const template = isPod ? resource.body : asRecord(spec.template);
  const metadata = asRecord(template.metadata);
  const podSpec = asRecord(template.spec);
  const labels = asStringMap(metadata.labels);
  const annotations = asStringMap(metadata.annotations);
  const { name, namespace } = resource.metadata;
  checkSelector(resource, asStringMap(asRecord(spec.selector).matchLabels), labels, problems);
  return {
    name,
    namespace,
    labels,
    annotations,
    serviceAccount:
      asString(podSpec.serviceAccountName) ?? asString(podSpec.serviceAccount) ?? 'default',
    replicas: isPod || resource.kind === 'DaemonSet' ? 1 : (asNumber(spec.replicas) ?? 1),
    containers: asRecords(podSpec.containers).map((container) =>
      readContainer(container, resource, surroundings.resources),
    ),
    injected:
      podSpec.hostNetwork !== true &&
      isInjected(namespace, labels, annotations, surroundings.namespaces),
    terminationGraceSeconds: asNumber(podSpec.terminationGracePeriodSeconds) ?? 30,
    resource,
  };
}

function checkSelector(
  resource: Resource,
  selector: Record<string, string>,
  labels: Record<string, string>,
  problems: Problems,
): void {
  for (const [key, value] of Object.entries(selector)) {
    if (labels[key] === value) continue;
    const has =
      labels[key] === undefined
        ? 'the template has no such label'
        : `the template has ${labels[key]}`;
    problems.add(resource, `spec.selector.matchLabels.${key}`, `is ${value}, but ${has}`);
  }
}

/**
 * Whether Istio's injector would add a sidecar: the pod's own label (then annotation) decides, else its namespace.
 * A namespace that no manifest declares counts as labelled for injection, for it can only have been labelled by hand;
 * the control plane's own never do.
 */
function isInjected(
  namespace: string,
  labels: Record<string, string>,
  annotations: Record<string, string>,
  namespaces: Map<string, Record<string, string>>,
): boolean {
  const own = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject'];
  const namespaceLabels = namespaces.get(namespace);
  if (namespaceLabels?.['istio-injection'] === 'disabled') return false;
  if (own !== undefined) return own === 'true';
  if (namespaceLabels === undefined)
    return !namespace.startsWith('kube-') && namespace !== 'istio-system';
  return (
    namespaceLabels['istio-injection'] === 'enabled' ||
    namespaceLabels['istio.io/rev'] !== undefined
  );
}

function readContainer(
  container: Record<string, unknown>,
  resource: Resource,
  resources: Resource[],
): Container {
  const ports = asRecords(container.ports).flatMap((port) => {
    const containerPort = asNumber(port.containerPort);
    return containerPort === undefined ? [] : [{ name: asString(port.name) ?? '', containerPort }];
  });
  return {
    name: asString(container.name) ?? '',
    image: asString(container.image) ?? '',
    command: asStrings(container.command),
    args: asStrings(container.args),
    workingDir: asString(container.workingDir),
    env: readEnvironment(container, resource, resources),
    ports,
    readiness: readProbe(container.readinessProbe),
    liveness: readProbe(container.livenessProbe),
  };
}

function readProbe(value: unknown): Probe | undefined {
  const probe = asRecord(value);
  const port = (of: Record<string, unknown>) => asNumber(of.port) ?? asString(of.port) ?? 0;
  if (probe.httpGet !== undefined) {
    const get = asRecord(probe.httpGet);
    const scheme = get.scheme === 'HTTPS' ? 'HTTPS' : 'HTTP';
    return { type: 'http', path: asString(get.path) ?? '/', port: port(get), scheme };
  }
  if (probe.grpc !== undefined) {
    const grpc = asRecord(probe.grpc);
    return { type: 'grpc', port: asNumber(grpc.port) ?? 0, service: asString(grpc.service) ?? '' };
  }
  if (probe.tcpSocket !== undefined) return { type: 'tcp', port: port(asRecord(probe.tcpSocket)) };
  if (probe.exec !== undefined)
    return { type: 'exec', command: asStrings(asRecord(probe.exec).command) };
  return undefined;
}
