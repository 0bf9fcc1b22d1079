import {
  asList,
  asNumber,
  asRecord,
  asRecords,
  asString,
  asStringMap,
  asStrings,
} from './fields.ts';
import { portProtocol, protocolNamed } from './port-protocol.ts';
import type { Problems } from './problems.ts';
import type {
  MeshService,
  Resource,
  ServiceEntryEndpoint,
  ServicePort,
  ServiceResolution,
} from './world.ts';

const resolutions: Record<string, ServiceResolution> = {
  NONE: 'passthrough',
  STATIC: 'endpoints',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dns-round-robin',
  DYNAMIC_DNS: 'dynamic-dns',
};

/** A Kubernetes Service as the mesh sees it. A port without a number is a problem. */
export function readService(resource: Resource, problems: Problems): MeshService {
  const spec = asRecord(resource.body.spec);
  const { name, namespace, labels, annotations } = resource.metadata;
  const ports = asRecords(spec.ports);
  if (asList(spec.ports).length > ports.length) {
    problems.add(resource, 'spec.ports', 'each port must be an object');
  }
  const clusterIp = asString(spec.clusterIP);
  const external = asString(spec.externalName);
  return {
    name,
    namespace,
    host: `${name}.${namespace}.svc.cluster.local`,
    labels,
    annotations,
    clusterIp: clusterIp === '' ? undefined : clusterIp,
    ports: ports.flatMap((port, index) => readServicePort(port, index, resource, problems)),
    selector: spec.type === 'ExternalName' ? {} : asStringMap(spec.selector),
    origin: 'service',
    resolution:
      spec.type === 'ExternalName' && external !== undefined
        ? 'alias'
        : clusterIp === 'None'
          ? 'passthrough'
          : 'endpoints',
    meshExternal: false,
    exportTo:
      asString(annotations['networking.istio.io/exportTo'])
        ?.split(',')
        .map((item) => item.trim()) ?? [],
    addresses: [],
    subjectAltNames: [],
    endpoints: [],
    resource,
  };
}

function readServicePort(
  port: Record<string, unknown>,
  index: number,
  resource: Resource,
  problems: Problems,
): ServicePort[] {
  const number = asNumber(port.port);
  if (number === undefined || !isPortNumber(number)) {
    problems.add(
      resource,
      `spec.ports[${index}].port`,
      `must be a port number, not ${JSON.stringify(port.port)}`,
    );
    return [];
  }
  const name = asString(port.name) ?? '';
  if (port.name !== undefined && typeof port.name !== 'string') {
    problems.add(resource, `spec.ports[${index}].name`, mustBeText(port.name));
  }
  const targetPort = asNumber(port.targetPort) ?? asString(port.targetPort) ?? number;
  const protocol = portProtocol({
    port: number,
    name,
    transport: asString(port.protocol) ?? 'TCP',
    appProtocol: asString(port.appProtocol),
  });
  return [{ name, port: number, targetPort, protocol }];
}

/** The hosts of a ServiceEntry, each a service of its own; `workloadEntries` are all of the manifests. */
export function readServiceEntry(
  resource: Resource,
  workloadEntries: Resource[],
  problems: Problems,
): MeshService[] {
  const spec = asRecord(resource.body.spec);
  const { namespace, labels, annotations } = resource.metadata;
  const hosts = asStrings(spec.hosts);
  if (hosts.length === 0) problems.add(resource, 'spec.hosts', 'must name at least one host');
  const selector = asStringMap(asRecord(spec.workloadSelector).labels);
  const ports = asRecords(spec.ports).flatMap((port, index) =>
    readServiceEntryPort(port, index, resource, problems),
  );
  const addresses = asStrings(spec.addresses);
  return hosts.map((host) => ({
    name: host,
    namespace,
    host,
    labels,
    annotations,
    // Of several addresses Istio keeps the last for its virtual hosts.
    clusterIp: addresses.at(-1)?.replace(/\/32$/, ''),
    ports,
    selector,
    origin: 'service-entry',
    resolution: resolutions[asString(spec.resolution) ?? 'NONE'] ?? 'passthrough',
    meshExternal: spec.location !== 'MESH_INTERNAL',
    exportTo: asStrings(spec.exportTo),
    addresses,
    subjectAltNames: asStrings(spec.subjectAltNames),
    endpoints: [
      ...asRecords(spec.endpoints).map((endpoint) => readEndpoint(endpoint, {})),
      ...selectedEntries(selector, namespace, workloadEntries),
    ],
    resource,
  }));
}

function readServiceEntryPort(
  port: Record<string, unknown>,
  index: number,
  resource: Resource,
  problems: Problems,
): ServicePort[] {
  const number = asNumber(port.number);
  if (number === undefined || !isPortNumber(number)) {
    problems.add(
      resource,
      `spec.ports[${index}].number`,
      `must be a port number, not ${JSON.stringify(port.number)}`,
    );
    return [];
  }
  const name = asString(port.name) ?? '';
  // Istio's default here is the protocol `HTTP` by its field's documentation, but its generator sniffs what is not given.
  const protocol = protocolNamed(asString(port.protocol) ?? '') ?? 'auto';
  return [{ name, port: number, targetPort: asNumber(port.targetPort) ?? number, protocol }];
}

/** `name: y` and the like are booleans in YAML. */
function mustBeText(value: unknown): string {
  return `must be a string, not ${JSON.stringify(value)}: put it in quotes`;
}

function selectedEntries(
  selector: Record<string, string>,
  namespace: string,
  entries: Resource[],
): ServiceEntryEndpoint[] {
  const wanted = Object.entries(selector);
  if (wanted.length === 0) return [];
  return entries
    .filter((entry) => entry.metadata.namespace === namespace)
    .map((entry) => readEndpoint(asRecord(entry.body.spec), entry.metadata.labels))
    .filter((endpoint) => wanted.every(([key, value]) => endpoint.labels[key] === value));
}

function readEndpoint(
  spec: Record<string, unknown>,
  labels: Record<string, string>,
): ServiceEntryEndpoint {
  const ports = Object.entries(asRecord(spec.ports)).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return {
    address: asString(spec.address) ?? '',
    ports: Object.fromEntries(ports),
    labels: { ...asStringMap(spec.labels), ...labels },
    locality: asString(spec.locality) ?? '',
    weight: asNumber(spec.weight) ?? 0,
    serviceAccount: asString(spec.serviceAccount) ?? '',
  };
}

function isPortNumber(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value < 65_536;
}
