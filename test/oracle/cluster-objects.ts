import { stringify } from 'yaml';
import { replicasOf } from '../../src/manifests/build-world.ts';
import { asRecord, asRecords } from '../../src/manifests/fields.ts';
import { matchesLabels, targetPortOf } from '../../src/manifests/select.ts';
import type { MeshService, Replica, Workload, World } from '../../src/manifests/world.ts';
import { createAddressBook, type AddressBook } from '../../src/translate/addresses.ts';

/** The address of the one pod of a gateway that the manifests do not declare; outside the range of declared replicas. */
const implicitGatewayIp = '10.0.255.250';

/**
 * Everything that a cluster would hold once the manifests were applied, as YAML for the oracle: what the manifests
 * say, the defaults that the API server fills in, and the Pods and EndpointSlices that controllers make. Addresses
 * are the translation's own synthetic ones.
 *
 * @param extra a workload that the manifests do not declare (the implicit ingress gateway)
 */
export function clusterYaml(world: World, extra: Workload | undefined): string {
  const addresses = createAddressBook(world);
  const replicas = replicasOf(world);
  const written = world.resources
    .filter((resource) => resource.kind === 'Namespace' || isIstio(resource.apiVersion))
    .map((resource) => asStored(resource.body, resource.metadata.namespace));
  const services = world.services
    .filter((service) => service.origin === 'service')
    .map((service) => serviceObject(service, addresses));
  const pods = replicas.map((replica) => podObject(replica, addresses.podIp(replica)));
  if (extra !== undefined) {
    pods.push(
      podObject({ workload: extra, index: 0, podName: podNameOf(extra) }, implicitGatewayIp),
    );
  }
  const slices = world.services
    .filter((service) => service.origin === 'service' && service.resolution !== 'alias')
    .flatMap((service) => endpointSlices(service, replicas, addresses));
  return [...written, ...services, ...pods, ...slices]
    .map((body) => stringify(body, { version: '1.1' }))
    .join('---\n');
}

/** Name of the first pod of a workload, as {@link clusterYaml} writes it. */
export function podNameOf(workload: Workload): string {
  return `${workload.name}-0`;
}

function isIstio(apiVersion: string): boolean {
  return apiVersion.includes('istio.io/');
}

/**
 * The object with its namespace and a creation time: manifests have none, the API server writes one of whole seconds,
 * so that objects of one `kubectl apply` are of one age, and their names decide which counts as the oldest.
 */
function asStored(body: Record<string, unknown>, namespace: string): Record<string, unknown> {
  const metadata = { creationTimestamp: '1970-01-01T00:00:01Z', ...asRecord(body.metadata) };
  return { ...body, metadata: namespace === '' ? metadata : { ...metadata, namespace } };
}

/** A Service with what the API server fills in: its address, and the target port of each port. */
function serviceObject(service: MeshService, addresses: AddressBook): Record<string, unknown> {
  const spec = asRecord(service.resource.body.spec);
  const ports = asRecords(spec.ports).map((port) => ({
    targetPort: port.port,
    protocol: 'TCP',
    ...port,
  }));
  const clusterIp = service.clusterIp ?? addresses.clusterIp(service);
  const filled = {
    ...spec,
    ports,
    ...(clusterIp !== undefined && { clusterIP: clusterIp, clusterIPs: [clusterIp] }),
  };
  return asStored({ ...service.resource.body, spec: filled }, service.namespace);
}

function podObject(replica: Replica, ip: string): Record<string, unknown> {
  const { workload } = replica;
  const tlsMode = workload.injected ? { 'security.istio.io/tlsMode': 'istio' } : {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: replica.podName,
      namespace: workload.namespace,
      labels: { ...workload.labels, ...tlsMode },
      annotations: workload.annotations,
    },
    spec: {
      serviceAccountName: workload.serviceAccount,
      containers: workload.containers.map((container) => ({
        name: container.name,
        image: container.image,
        ports: container.ports.map((port) => ({ ...port, protocol: 'TCP' })),
      })),
    },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

/** One slice for each workload, since a named target port may be another number in each. */
function endpointSlices(
  service: MeshService,
  replicas: Replica[],
  addresses: AddressBook,
): Record<string, unknown>[] {
  if (Object.keys(service.selector).length === 0) return [];
  const selected = replicas.filter(
    ({ workload }) =>
      workload.namespace === service.namespace && matchesLabels(service.selector, workload.labels),
  );
  const workloads = [...new Set(selected.map((replica) => replica.workload))];
  return workloads.map((workload) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service.name}-${workload.name}`,
      namespace: service.namespace,
      labels: { 'kubernetes.io/service-name': service.name },
    },
    addressType: 'IPv4',
    ports: service.ports.flatMap((port) => {
      const number = targetPortOf(port.targetPort, workload);
      return number === undefined ? [] : [{ name: port.name, port: number, protocol: 'TCP' }];
    }),
    endpoints: selected
      .filter((replica) => replica.workload === workload)
      .map((replica) => ({
        addresses: [addresses.podIp(replica)],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: 'Pod', name: replica.podName, namespace: workload.namespace },
      })),
  }));
}
