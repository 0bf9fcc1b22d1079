/** Where a resource was read: for error messages. */
export interface Source {
  /** Path as the user gave it, e.g. `manifests/users.yaml`. */
  file: string;
  /** Line of the document's first key, counted from 1. */
  line: number;
}

/** Any Kubernetes or Istio object, as read; `spec` and the like are unchecked JSON. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    /** Filled with `default` where the manifest names none and the kind is namespaced. */
    namespace: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
    creationTimestamp?: string;
  };
  /** The whole object as it was written. */
  body: Record<string, unknown>;
  source: Source;
}

/** How Istio treats a port, by `appProtocol`, else by the prefix of its name, else `tcp` sniffed as `auto`. */
export type PortProtocol =
  | 'http'
  | 'http2'
  | 'grpc'
  | 'grpc-web'
  | 'https'
  | 'tls'
  | 'tcp'
  | 'mongo'
  | 'mysql'
  | 'redis'
  | 'udp'
  | 'auto';

/** A port of a {@link MeshService}. */
export interface ServicePort {
  name: string;
  port: number;
  /** A number, or the name of a container port. */
  targetPort: number | string;
  protocol: PortProtocol;
}

/** A Kubernetes Service, or a host of a ServiceEntry. */
export interface MeshService {
  name: string;
  namespace: string;
  /** `NAME.NAMESPACE.svc.cluster.local`, or a ServiceEntry's host. */
  host: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** `spec.clusterIP`; undefined when the manifest has none (the API server would allot one: see addresses.ts); `None` is headless. */
  clusterIp: string | undefined;
  ports: ServicePort[];
  /** Empty: no workload is selected. */
  selector: Record<string, string>;
  origin: 'service' | 'service-entry';
  resolution: ServiceResolution;
  /** ServiceEntry with `location: MESH_EXTERNAL`, which is the default there. */
  meshExternal: boolean;
  /** Namespaces that see it; `*` all, `.` its own, `~` none. Empty: the mesh's default, all. */
  exportTo: string[];
  /** A ServiceEntry's `addresses` (IPs or CIDRs); empty for a Service. */
  addresses: string[];
  /** A ServiceEntry's `subjectAltNames`. */
  subjectAltNames: string[];
  /** A ServiceEntry's `endpoints`; what a selector selects is found in {@link World.workloads}. */
  endpoints: ServiceEntryEndpoint[];
  resource: Resource;
}

/**
 * How a proxy finds endpoints: `endpoints` are told by the control plane; `passthrough` is the address the caller dialled
 * (headless Service, `resolution: NONE`); `dns` and `dns-round-robin` are looked up by the proxy; `alias` is an ExternalName.
 */
export type ServiceResolution =
  | 'endpoints'
  | 'passthrough'
  | 'dns'
  | 'dns-round-robin'
  | 'dynamic-dns'
  | 'alias';

/** One of a ServiceEntry's `endpoints`, or a WorkloadEntry that its selector selects. */
export interface ServiceEntryEndpoint {
  /** IP or host name. */
  address: string;
  /** Port of the ServiceEntry by name → port there. */
  ports: Record<string, number>;
  labels: Record<string, string>;
  locality: string;
  /** 0: not given. */
  weight: number;
  serviceAccount: string;
}

/** A probe of a container; the local mesh asks the process itself. */
export type Probe =
  | { type: 'http'; path: string; port: number | string; scheme: 'HTTP' | 'HTTPS' }
  | { type: 'grpc'; port: number; service: string }
  | { type: 'tcp'; port: number | string }
  | { type: 'exec'; command: string[] };

/** A container of a {@link Workload}. */
export interface Container {
  name: string;
  image: string;
  /** Replaces the image's entry point; empty: the image's own runs. */
  command: string[];
  args: string[];
  workingDir: string | undefined;
  /** In the order of the manifest. */
  env: EnvironmentVariable[];
  ports: { name: string; containerPort: number }[];
  readiness: Probe | undefined;
  liveness: Probe | undefined;
}

/** A variable of a {@link Container}. */
export interface EnvironmentVariable {
  name: string;
  /** Empty when `from` or `unknown` is there. */
  value: string;
  /** A fact of the pod (`fieldRef`), e.g. `metadata.name`: whoever starts the replica fills it in. */
  from?: string;
  /** Why the value cannot be known here (`secretKeyRef` to a Secret that isn't in the manifests …): starting it is an error. */
  unknown?: string;
}

/** What runs: a Deployment, StatefulSet, DaemonSet (one replica) or a bare Pod. */
export interface Workload {
  name: string;
  namespace: string;
  /** Labels of its pods: what selectors match. */
  labels: Record<string, string>;
  annotations: Record<string, string>;
  serviceAccount: string;
  replicas: number;
  containers: Container[];
  /** Whether it gets a sidecar: by the namespace's and the pod's injection labels, as Istio decides it. */
  injected: boolean;
  /** `terminationGracePeriodSeconds`. @default 30 */
  terminationGraceSeconds: number;
  resource: Resource;
}

/** Everything that was read, indexed: the translation's only input. Nothing here comes from the TypeScript topology. */
export interface World {
  resources: Resource[];
  /** Namespace name → labels. */
  namespaces: Map<string, Record<string, string>>;
  services: MeshService[];
  workloads: Workload[];
  /** Mesh-wide root namespace of policies. @default 'istio-system' */
  rootNamespace: string;
  /** Istio's trust domain. @default 'cluster.local' */
  trustDomain: string;
}

/** One running copy of a workload: what a Pod is. */
export interface Replica {
  workload: Workload;
  /** From 0. */
  index: number;
  /** `NAME-INDEX`. */
  podName: string;
}
