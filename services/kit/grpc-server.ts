import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import type { FaultPlan } from './fault-plan.ts';
import { adaptHandlers, type PlainHandlers } from './grpc-handlers.ts';
import { type Log, silentLog } from './log.ts';
import type { Service } from './service.ts';
import { currentTelemetry } from './telemetry.ts';
import { observeGrpcServer } from './telemetry-grpc.ts';

/** The settings of {@link createGrpcServer}. */
export interface GrpcServerOptions<Handlers> {
  /** The full name, e.g. `shop.payments.v1.Payments`: health is kept under it and under ''. */
  serviceName: string;
  definition: ServiceDefinition;
  handlers: PlainHandlers<Handlers>;
  /** For reflection. */
  packageDefinition: PackageDefinition;
  log?: Log;
  faults?: FaultPlan | undefined;
  /** @default 1048576 */
  messageLimitBytes?: number;
  /** Calls at once on one connection; a sidecar opens a further connection beyond it. @default 1000 */
  maxConcurrentStreams?: number;
}

/**
 * A gRPC server with what every gRPC service needs: grpc.health.v1, reflection, errors as statuses, and the fault hook
 * if it is on. It speaks plain HTTP/2: encryption is the sidecar's.
 */
export function createGrpcServer<Handlers>(options: GrpcServerOptions<Handlers>): Service {
  const { serviceName, definition, handlers, packageDefinition } = options;
  const { log = silentLog, messageLimitBytes = 1_048_576, maxConcurrentStreams = 1000 } = options;
  const closing = new AbortController();
  const telemetry = currentTelemetry();
  const server = new Server({
    ...(telemetry && { interceptors: [observeGrpcServer(telemetry)] }),
    'grpc.max_receive_message_length': messageLimitBytes,
    'grpc.max_send_message_length': messageLimitBytes,
    'grpc.max_concurrent_streams': maxConcurrentStreams,
  });
  server.addService(
    definition,
    adaptHandlers(definition, handlers, {
      log,
      faults: options.faults,
      closing: closing.signal,
    }),
  );
  const health = new HealthImplementation({ '': 'NOT_SERVING', [serviceName]: 'NOT_SERVING' });
  health.addToServer(server);
  new ReflectionService(packageDefinition).addToServer(server);
  return {
    listen({ host, port }) {
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      return new Promise((resolve, reject) => {
        server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
          if (error) reject(error);
          else resolve(bound);
        });
      });
    },
    setReady(ready) {
      const status = ready ? 'SERVING' : 'NOT_SERVING';
      health.setStatus('', status);
      health.setStatus(serviceName, status);
    },
    stop() {
      closing.abort();
      return new Promise((resolve, reject) => {
        server.tryShutdown((error) => (error ? reject(error) : resolve()));
      });
    },
    forceStop() {
      server.forceShutdown();
    },
  };
}
