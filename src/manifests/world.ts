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
  /** `spec.clusterIP`; undefined when the manifest has none (the API server would allot one); `None` is headless. */
  clusterIp: string | undefined;
  ports: ServicePort[];
  /** Empty: no workload is selected. */
  selector: Record<string, string>;
  origin: 'service' | 'service-entry';
  resource: Resource;
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
  /** In the order of the manifest; a value that cannot be known here (secretKeyRef …) is an error on load. */
  env: { name: string; value: string }[];
  ports: { name: string; containerPort: number }[];
  readiness: Probe | undefined;
  liveness: Probe | undefined;
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
