import { fileURLToPath } from 'node:url';
import { type GrpcObject, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

/** A contract as both sides use it. */
export interface Contract<Grpc> {
  /** For reflection. */
  packageDefinition: PackageDefinition;
  /** Clients and service definitions; `Grpc` is the generated `ProtoGrpcType`. */
  grpc: Grpc;
}

/** Loads a `.proto`; the choices are those that `scripts/gen.ts` generates types with. */
export function loadContract<Grpc>(protoUrl: URL): Contract<Grpc> {
  const packageDefinition = loadSync(fileURLToPath(protoUrl), {
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const grpc: GrpcObject = loadPackageDefinition(packageDefinition);
  return { packageDefinition, grpc: grpc as unknown as Grpc };
}
