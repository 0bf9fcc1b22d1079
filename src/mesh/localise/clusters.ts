import { WindtunnelError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { type Outbound, portKeys } from '../pods.ts';
import type { Backend, LocaliseInput } from './input.ts';
import { loopback, object, objects, socketAddress, text, without } from './json.ts';

/** The local stand-in for PassthroughCluster when the caller wanted to go to `outbound`. */
export function passthroughCluster({ service, port, pod }: Outbound): string {
  return podCluster(`passthrough|${service.host}|${port.port}`, pod);
}

/** The part of a cluster that is one pod, where callers dial pods by name; the cluster itself without one. */
export function podCluster(cluster: string, pod: string | undefined): string {
  return pod === undefined ? cluster : `${cluster}@${pod}`;
}

/** Clusters and endpoints of one pod. */
export interface LocalClusters {
  clusters: JsonObject[];
  endpoints: JsonObject[];
}

const ads: JsonObject = { ads: {}, resourceApiVersion: 'V3' };
const originalDestination = [
  'upstreamBindConfig',
  'cleanupInterval',
  'lbPolicy',
  'originalDstLbConfig',
];

/** Clusters with loopback endpoints; items 10 to 12 of normalise.ts. Throws `unsupported` for a call out of this machine. */
export function localClusters(input: LocaliseInput): LocalClusters {
  const clusters = input.config.clusters.flatMap((cluster) => localClustersOf(input, cluster));
  const passthroughs = new Map(
    input.pod.outbound.map((outbound) => [
      passthroughCluster(outbound),
      passthrough(input, outbound),
    ]),
  );
  return {
    clusters: [...clusters, ...[...passthroughs.values()].flatMap((part) => part.clusters)],
    endpoints: [
      ...input.config.endpoints.map((assignment) => localAssignment(input, assignment)),
      ...[...passthroughs.values()].flatMap((part) => part.endpoints),
    ],
  };
}

function plainEndpoints(clusterName: string, ports: number[]): JsonObject {
  return {
    clusterName,
    endpoints: [{ lbEndpoints: ports.map((port) => ({ endpoint: { address: loopback(port) } })) }],
  };
}

function inboundCluster(input: LocaliseInput, cluster: JsonObject): JsonObject {
  const port = Number(text(cluster.name).split('|')[1]);
  const base = without(cluster, ...originalDestination, 'type');
  // A Sidecar resource may name another place than the original destination; it has one endpoint of its own.
  const own = objects(object(cluster.loadAssignment).endpoints)
    .flatMap((locality) => objects(locality.lbEndpoints))
    .map((endpoint) => socketAddress(object(endpoint.endpoint).address)?.port)[0];
  const local = input.port(portKeys.app(input.pod.id, own ?? port));
  return { ...base, type: 'STATIC', loadAssignment: plainEndpoints(text(cluster.name), [local]) };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.');
}

/** The endpoint on this machine; undefined when it is not ready, or not here. */
function localEndpoint(input: LocaliseInput, endpoint: JsonObject): JsonObject | undefined {
  const inner = object(endpoint.endpoint);
  const address = socketAddress(inner.address);
  if (!address) return undefined;
  const replica = input.replicaAt(address.ip, address.port);
  if (replica) {
    return replica.ready
      ? { ...endpoint, endpoint: { ...inner, address: loopback(replica.port) } }
      : undefined;
  }
  return isLoopback(address.ip) ? endpoint : undefined;
}

function localAssignment(input: LocaliseInput, assignment: JsonObject): JsonObject {
  return {
    ...assignment,
    endpoints: objects(assignment.endpoints).map((locality) => ({
      ...locality,
      lbEndpoints: objects(locality.lbEndpoints).flatMap((endpoint) => {
        const local = localEndpoint(input, endpoint);
        return local ? [local] : [];
      }),
    })),
  };
}

/** HOST and PORT of `outbound|PORT|SUBSET|HOST`. */
function destinationOf(name: string): { host: string; port: number } {
  const [, port = '', , host = ''] = name.split('|');
  return { host, port: Number(port) };
}

function calledBy(input: LocaliseInput, name: string): Outbound | undefined {
  const { host, port } = destinationOf(name);
  return input.pod.outbound.find(
    (outbound) => outbound.service.host === host && outbound.port.port === port,
  );
}

/** A cluster whose addresses are in itself, or looked up by DNS: only loopback ones can be reached here. */
function inlineCluster(input: LocaliseInput, cluster: JsonObject): JsonObject | undefined {
  const name = text(cluster.name);
  const localities = objects(object(cluster.loadAssignment).endpoints);
  const all = localities.flatMap((locality) => objects(locality.lbEndpoints));
  const local = localAssignment(input, object(cluster.loadAssignment));
  const kept = objects(local.endpoints).flatMap((locality) => objects(locality.lbEndpoints));
  const foreign = all.filter((endpoint) => {
    const address = socketAddress(object(endpoint.endpoint).address);
    return (
      address !== undefined && !isLoopback(address.ip) && !input.replicaAt(address.ip, address.port)
    );
  });
  if (foreign.length === 0) return { ...cluster, loadAssignment: local };
  const caller = calledBy(input, name);
  if (!caller) return kept.length > 0 ? { ...cluster, loadAssignment: local } : undefined;
  throw new WindtunnelError(
    'unsupported',
    `${input.pod.workload.resource.source.file}: ${input.pod.workload.name} calls ${caller.authority}, ` +
      'which is outside the cluster: the local mesh reaches 127.0.0.1 only',
    {
      next: 'give the ServiceEntry an endpoint on 127.0.0.1, or leave the variable out of the manifest',
    },
  );
}

/** Headless Services: the caller's DNS would have chosen one of the replicas, so any of them will do, but for who names one. */
function headlessClusters(input: LocaliseInput, cluster: JsonObject): JsonObject[] {
  const { host, port } = destinationOf(text(cluster.name));
  const callers = input.pod.outbound.filter(({ service }) => service.host === host);
  const pods = [...new Set(callers.map(({ pod }) => pod))];
  return pods.flatMap((pod) => {
    const service = callers[0]?.service;
    const servicePort = service?.ports.find((candidate) => candidate.port === port);
    if (!service || !servicePort) return [];
    const name = podCluster(text(cluster.name), pod);
    const lbEndpoints = readyBackends(input, { service, port: servicePort, pod }).map(withTlsMode);
    return [
      {
        ...without(cluster, ...originalDestination),
        name,
        type: 'STATIC',
        lbPolicy: 'ROUND_ROBIN',
        loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints }] },
      },
    ];
  });
}

function readyBackends(
  input: LocaliseInput,
  { service, port, pod }: Pick<Outbound, 'service' | 'port' | 'pod'>,
): Backend[] {
  return input
    .backends(service, port)
    .filter((backend) => backend.ready && backend.pod === (pod ?? backend.pod));
}

function withTlsMode(backend: Backend): JsonObject {
  return {
    endpoint: { address: loopback(backend.port) },
    ...(backend.sidecar
      ? { metadata: { filterMetadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } } } }
      : {}),
  };
}

function passthrough(input: LocaliseInput, outbound: Outbound): LocalClusters {
  const name = passthroughCluster(outbound);
  const original = input.config.clusters.find((cluster) => cluster.name === 'PassthroughCluster');
  const base = without(object(original), ...originalDestination, 'type', 'name');
  const ready = readyBackends(input, outbound);
  return {
    clusters: [
      { connectTimeout: '10s', ...base, name, type: 'EDS', edsClusterConfig: { edsConfig: ads } },
    ],
    endpoints: [
      plainEndpoints(
        name,
        ready.map((backend) => backend.port),
      ),
    ],
  };
}

function localClustersOf(input: LocaliseInput, cluster: JsonObject): JsonObject[] {
  const name = text(cluster.name);
  if (name.startsWith('inbound|')) return [inboundCluster(input, cluster)];
  if (name === 'PassthroughCluster' || name === 'InboundPassthroughCluster') return [];
  if (cluster.type === 'ORIGINAL_DST') return headlessClusters(input, cluster);
  if (cluster.loadAssignment === undefined) return [cluster];
  const inline = inlineCluster(input, cluster);
  return inline === undefined ? [] : [inline];
}
