import type { GrpcOperation, HttpOperation, Operation } from './operations.ts';

interface Declared {
  replicas: number;
  /** Port of the container and of the Service. */
  port: number;
  /** The contract's file, relative to the project: a .proto file, or the module that holds the JSON Schemas. */
  contract: string;
}

/** A REST service, as declared. */
export interface HttpServiceDeclaration extends Declared {
  protocol: 'http';
  operations: Readonly<Record<string, HttpOperation>>;
}

/** A gRPC service, as declared. */
export interface GrpcServiceDeclaration extends Declared {
  protocol: 'grpc';
  /** Full name in the .proto file, e.g. `shop.users.v1.Users`. */
  rpcService: string;
  operations: Readonly<Record<string, GrpcOperation>>;
}

/** Either. */
export type ServiceDeclaration = HttpServiceDeclaration | GrpcServiceDeclaration;

/** Services by name. */
export type ServiceDeclarations = Readonly<Record<string, ServiceDeclaration>>;

/** Declares a REST service. */
export function httpService<const Operations extends Readonly<Record<string, HttpOperation>>>(
  declaration: Declared & { operations: Operations },
): Declared & {
  protocol: 'http';
  operations: Operations;
} {
  return { protocol: 'http', ...declaration };
}

/** Declares a gRPC service. */
export function grpcService<const Operations extends Readonly<Record<string, GrpcOperation>>>(
  declaration: Declared & { rpcService: string; operations: Operations },
): Declared & {
  protocol: 'grpc';
  rpcService: string;
  operations: Operations;
} {
  return { protocol: 'grpc', ...declaration };
}

/** Names of the operations of one service. */
export type OperationName<
  Services extends ServiceDeclarations,
  Service extends keyof Services,
> = keyof Services[Service]['operations'] & string;

/** The operation that `service.operation` names, or never. */
export type OperationAt<
  Services extends ServiceDeclarations,
  Id extends string,
> = Id extends `${infer Service}.${infer Name}`
  ? Service extends keyof Services
    ? Name extends OperationName<Services, Service>
      ? Services[Service]['operations'][Name] & Operation
      : never
    : never
  : never;
