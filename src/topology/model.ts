import type { Deadline, Retry, RetryBudget } from './edges.ts';
import type { GrpcOperation, HttpOperation } from './operations.ts';

/** An operation and where it is declared. */
export type ServiceOperation = (HttpOperation | GrpcOperation) & {
  /** `service.operation` */
  id: string;
  service: string;
  name: string;
};

/** A service of the topology. */
export interface Service {
  name: string;
  protocol: 'http' | 'grpc';
  replicas: number;
  port: number;
  contract: string;
  /** Full name of the gRPC service; undefined for REST. */
  rpcService: string | undefined;
  /** By name. */
  operations: ServiceOperation[];
}

/** Who calls what, and how. */
export interface Edge {
  /** `caller->service.operation`; the ingress gateway is the caller `ingress`. */
  id: string;
  caller: string;
  /** The service called. */
  service: string;
  /** `service.operation` */
  operation: string;
  /** Names of the caller's operations that make this call, sorted; empty for the ingress gateway. */
  during: string[];
  deadlineMs: Deadline;
  retry: Retry | undefined;
  budget: RetryBudget | undefined;
}

/** How calls come in from outside: the ingress gateway calls one service. */
export interface Entry {
  service: string;
  /** Hosts the gateway answers to. */
  hosts: string[];
}

/**
 * A system in normal form: whatever the order of a declaration's keys, the same lists in the same order.
 * Everything that is generated is derived from it.
 */
export interface Topology<
  EdgeId extends string = string,
  ServiceName extends string = string,
  RepeatableId extends string = string,
> {
  namespace: string;
  /** One image for all services. */
  image: string;
  /** Sorted by name. */
  services: (Service & { name: ServiceName })[];
  /** Sorted by id; those of the gateway are among them. */
  edges: (Edge & { id: EdgeId | `ingress->${string}` })[];
  /** Ids of the services' edges whose call may be repeated without harm (unary, idempotent): what experiments may use. */
  repeatable: RepeatableId[];
  entry: Entry;
}

/** Name of the caller that stands for Istio's ingress gateway. */
export const INGRESS = 'ingress';
